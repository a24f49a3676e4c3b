"""Whatever writes a clip writes inside the file that it is one, and how it was made."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from reverie.audio.provenance import read_sidecar
from reverie.audio.reading.inside import has_mark, origin_of
from reverie.generation.clips import generate, generate_file
from reverie.generation.folder import add_clip
from reverie.generation.settings import GenerationSettings
from reverie.generation.trim import trim_clip
from reverie.runs.run import Run
from reverie.saving.clip import ClipOnDisk
from reverie.saving.selection import save_all
from reverie.saving.settings import save_settings

SHORT = GenerationSettings(seconds=0.3, count=1)


@pytest.fixture(scope="module")
def clip(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip in a folder."""
    (made,) = generate(run, SHORT, tmp_path_factory.mktemp("tags"), pictures=False, quiet=True)
    return made.path


def alone(sound: Path, elsewhere: Path) -> Path:
    """Bring a sound to where no JSON lies beside it."""
    elsewhere.mkdir(exist_ok=True)
    return Path(sound.rename(elsewhere / sound.name))


def test_all_that_writes_clips_writes_tags(run: Run, clip: Path, tmp_path: Path) -> None:
    provenance = read_sidecar(clip).provenance
    assert provenance
    flac = generate_file(
        run, dataclasses.replace(SHORT, format="flac"), tmp_path / "a.flac", quiet=True
    )
    kept = add_clip(tmp_path / "kept", np.zeros((1, 800), np.float32), provenance)
    trim_clip(clip, tmp_path / "trimmed.wav", 0.0, 0.2)
    items = [(ClipOnDisk(clip), "saved")]
    plain = {"trim": False, "loop": False, "copies": False, "picture": False}
    saved = [
        save_all(items, tmp_path / kind, save_settings(kind, **plain), quiet=True)[0].path
        for kind in ("wav24", "wav32f", "flac24", "opus", "mp3")
    ]
    for number, sound in enumerate([flac.path, kept, tmp_path / "trimmed.wav", *saved]):
        brought = alone(sound, tmp_path / f"alone {number}")
        assert has_mark(brought), sound
        told = origin_of(brought).provenance
        assert told, sound
        assert told.checkpoint_sha256 == provenance.checkpoint_sha256
        assert told.run == run.folder.name


def test_the_name_of_a_run_that_was_exported_is_inside_and_its_folder_is_not(
    run: Run, tmp_path: Path
) -> None:
    named = dataclasses.replace(run, exported_name="before it was moved")
    there = generate_file(named, SHORT, tmp_path / "there.wav", quiet=True).path
    beside = json.loads(there.with_suffix(".json").read_text())
    assert (beside["run"], beside["run_name"]) == (str(run.folder), "before it was moved")
    told = origin_of(alone(there, tmp_path / "alone")).provenance
    assert told
    assert (told.run, told.run_name) == ("before it was moved", "")
