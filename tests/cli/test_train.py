"""`reverie train`: where a run goes, and what is said of it beforehand."""

import json
import shutil
from pathlib import Path

import pytest

from reverie.progress import report_to
from tests.cli.test_errors import reverie
from tests.conftest import RATE_HZ, SMALL
from tests.music import write_recordings

TOLD = [
    word
    for one in [*SMALL, "training.epochs=1", "training.keep_epochs=[]"]
    for word in ("--set", one)
]


@pytest.mark.parametrize(
    ("where", "named"), [("music", "."), ("music/shards", ".."), ("music/shards", "./../.")]
)
def test_a_run_lies_beside_its_corpus_however_that_is_named(
    corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, named: str
) -> None:
    shutil.copytree(corpus_folder, tmp_path / "music")
    monkeypatch.chdir(tmp_path / where)
    done = reverie("train", named, "--recipe", "paper", "--quiet", *TOLD)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "music-paper" / "checkpoints" / "epoch-00001").is_dir()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["music", "music-paper"]


def test_a_dry_run_says_what_is_short_and_leaves_nothing(tmp_path: Path) -> None:
    for seconds in (0.5, 5.0):
        write_recordings(tmp_path / "tunes" / str(seconds), 3, seconds, RATE_HZ)
    corpus, run = tmp_path / "corpus", tmp_path / "run"
    words = ("--rate", str(RATE_HZ), "--min-seconds", "0.1", "--train-fraction", "0.5")
    prepared = reverie("prepare", tmp_path / "tunes", "--out", corpus, "--quiet", *words)
    assert prepared.returncode == 0, prepared.stderr
    told = [*TOLD, "--set", "training.sequence_seconds=1.25"]
    done = reverie("train", corpus, "--recipe", "paper", "--out", run, "--dry-run", *told)
    said = " ".join(done.stdout.split())
    assert "It fits: " in said
    assert "recordings are shorter than a sequence (1.3 s): each is taken whole" in " ".join(
        said.split()
    )
    figures = json.loads(reverie("train", corpus, "--recipe", "paper", "--out", run, "--dry-run",
                                 "--json", *told).stdout)  # fmt: skip
    assert figures["needs"]["parameters"] > 0
    assert figures["seconds"] > 0
    assert not run.exists()


def test_the_progress_is_written_for_another_program(corpus_folder: Path, tmp_path: Path) -> None:
    told = tmp_path / "progress.json"
    words = ("train", corpus_folder, "--recipe", "paper", "--out", tmp_path / "run", "--quiet")
    try:
        done = reverie("--progress-file", told, *words, *TOLD)
    finally:
        report_to(None)
    assert done.returncode == 0, done.stderr
    assert json.loads(told.read_text())["unit"] == "steps"
