"""What does not fit is refused before anything is made."""

import dataclasses
import resource
import shutil
from pathlib import Path

import pytest

from reverie.errors import ReverieError
from reverie.generation.clips import generate
from reverie.generation.room import (
    SPARE_FILES,
    allow_open_files,
    clip_memory_bytes,
    require_disk,
    require_memory,
)
from reverie.generation.settings import GenerationSettings
from reverie.runs.run import Run
from reverie.training.recipe import load_recipe
from tests.conftest import RATE_HZ, SMALL


def test_more_than_the_disk_holds(run: Run, tmp_path: Path) -> None:
    endless = GenerationSettings(seconds=1e9, count=1000)
    with pytest.raises(ReverieError, match=r"1000 clips of 1e\+09 s take about .* GiB"):
        generate(run, endless, tmp_path / "clips", quiet=True)
    assert not (tmp_path / "clips").exists()
    (tmp_path / "clips").mkdir()
    with pytest.raises(ReverieError, match="choose another folder"):
        generate(run, endless, tmp_path / "clips", quiet=True)


@pytest.mark.parametrize(("kind", "sample_bytes"), [("wav", 2), ("float-wav", 4), ("flac", 1)])
def test_the_disk_is_asked_for_what_is_missing(
    tmp_path: Path, kind: str, sample_bytes: int
) -> None:
    free = shutil.disk_usage(tmp_path).free
    seconds = free / 100 / RATE_HZ / sample_bytes
    settings = dataclasses.replace(GenerationSettings(), seconds=seconds, format=kind)  # pyright: ignore[reportArgumentType]
    require_disk(tmp_path / "not" / "there", 50, settings, RATE_HZ, 1)
    with pytest.raises(ReverieError, match="200 clips"):
        require_disk(tmp_path / "not" / "there", 200, settings, RATE_HZ, 1)
    with pytest.raises(ReverieError, match="60 clips"):
        require_disk(tmp_path / "not" / "there", 60, settings, RATE_HZ, 2)


def test_more_than_memory_holds(run: Run) -> None:
    require_memory(run, GenerationSettings(count=100))
    wide = load_recipe("paper", [*SMALL, "model.hidden=65536", "training.sequence_seconds=125"])
    with pytest.raises(ReverieError, match=r"10000 clips at once .* of memory"):
        require_memory(dataclasses.replace(run, recipe=wide), GenerationSettings(count=10_000))


def test_memory_is_counted_as_models_grow(run: Run) -> None:
    def counted(*settings: str) -> int:
        recipe = load_recipe("paper", [*SMALL, *settings])
        return clip_memory_bytes(dataclasses.replace(run, recipe=recipe))

    prompt = 3 * 8 * 250 + 3 * 8 * 500
    assert counted() == 4 * (prompt + 6 * 8 * 12)
    assert counted("model.hidden=24") == 4 * (prompt + 6 * 8 * 24)
    for architecture in ("bilinear", "stacked", "ensemble"):
        assert counted(f"model.architecture={architecture}") == 4 * (prompt + 6 * 8 * 12 * 2)


def test_as_many_files_as_clips() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        allow_open_files(100)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (256, hard)
        allow_open_files(300)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300 + SPARE_FILES, hard)
        if hard != resource.RLIM_INFINITY:
            with pytest.raises(ReverieError, match="more files than this process may open"):
                allow_open_files(hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
