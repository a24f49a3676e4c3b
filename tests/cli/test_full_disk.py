"""A disk that really fills up: a file system of a few megabytes, in memory."""

import errno
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.cli.test_errors import refused, reverie
from tests.conftest import SMALL


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with four megabytes of room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        # A quota or a file of its own would need root as well, and a patched `write` is no disk.
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> Path:
    """Take all the room that is left."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            assert error.errno == errno.ENOSPC
    return filler


def test_training_onto_a_disk_that_fills_up(corpus_folder: Path, small_disk: Path) -> None:
    run = small_disk / "run"
    endless = [*SMALL, "training.epochs=1000000", "training.checkpoint_minutes=1e-6"]
    command = ["train", str(corpus_folder), "--out", str(run), "--recipe", "paper", "--quiet"]
    child = subprocess.Popen(
        [sys.executable, "-m", "reverie", *command, *(f"--set={one}" for one in endless)],
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(run.glob("checkpoints/epoch-*")):
        assert child.poll() is None
        time.sleep(0.05)
    filler = fill(small_disk)
    _, told = child.communicate()
    refused(
        subprocess.CompletedProcess(command, child.returncode, "", told),
        f"cannot write {run}",
        "no space left on device",
        "Free some space",
    )
    filler.unlink()
    last = max(int(one.name.split("-")[1]) for one in run.glob("checkpoints/epoch-*"))
    further = [*SMALL, f"training.epochs={last + 2}", "training.keep_epochs=[]"]
    resumed = train(corpus_folder, load_recipe("paper", further), run)
    assert resumed.find_checkpoint().name == f"epoch-{last + 2:05d}"


def test_no_room_for_what_is_asked(corpus_folder: Path, small_disk: Path, tmp_path: Path) -> None:
    wide = [f"--set={one}" for one in [*SMALL, "model.hidden=300"]]
    refused(
        reverie("train", corpus_folder, "--out", small_disk / "run", *wide),
        "the checkpoints of this run need about",
        "Choose another --out",
    )
    run = train(corpus_folder, load_recipe("paper", SMALL), tmp_path / "run")
    clips = small_disk / "clips"
    refused(
        reverie("generate", run.folder, "--out", clips, "--seconds", "600"),
        "5 clips of 600 s take about 45.8 MiB",
        f"{clips} has",
        "choose another folder",
    )
    assert not clips.exists()


def test_clips_onto_a_disk_that_fills_up(
    corpus_folder: Path, small_disk: Path, tmp_path: Path
) -> None:
    run = train(corpus_folder, load_recipe("paper", SMALL), tmp_path / "run")
    clips = small_disk / "clips"
    # FLAC is thought to take half of its 16 bits; noise takes nearly all.
    noisy = ("--format", "flac", "--temperature", "5", "--prompt", "nothing")
    refused(
        reverie("generate", run.folder, "--out", clips, "--seconds", "80", *noisy),
        f"cannot write {clips}/00",
        "no space left on device",
    )
    assert [path.name for path in clips.iterdir()] == [".lock"]
