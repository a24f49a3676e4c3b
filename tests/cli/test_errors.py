"""Every mistake: one line on stderr that names the thing and the remedy, and exit status 2."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from reverie.cli.app import app
from reverie.models.settings import Architecture
from tests.conftest import RATE_HZ, SMALL
from tests.music import write_recordings


def reverie(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command inside this process: starting Python and torch takes seconds."""
    result = CliRunner().invoke(app, [*map(str, arguments)])
    return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)


def reverie_as_a_process(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command as a person would."""
    return subprocess.run(
        [sys.executable, "-m", "reverie", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def one_recording(tmp_path: Path) -> Path:
    write_recordings(tmp_path / "single", 1, 6.0, RATE_HZ)
    assert reverie("prepare", tmp_path / "single", "--out", tmp_path / "one").returncode == 0
    return tmp_path / "one"


PROGRESS = re.compile(r"[^:]+: \d+/\d+ .* left.*")
"""A machine that is busy shows it even of what is quick."""


def refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 2, result
    lines = result.stderr.strip().splitlines()
    assert len([line for line in lines if not PROGRESS.fullmatch(line)]) == 1, result.stderr
    for word in words:
        assert word in result.stderr


def test_settings_recipes_and_runs(corpus_folder: Path, tmp_path: Path) -> None:
    train = ("train", corpus_folder, "--out", tmp_path / "run")
    refused(reverie(*train, "--set", "model.hiden=5"), "model.hiden", "Did you mean model.hidden?")
    refused(reverie(*train, "--set", "model.hidden=-5"), "model.hidden", "greater than")
    refused(reverie(*train, "--recipe", "opera"), "'opera'", "demo, desk, paper")
    refused(reverie("train", tmp_path, "--out", tmp_path / "run"), "manifest.json", "not a corpus")
    refused(reverie("generate", corpus_folder), "is a corpus, and no run", "reverie train")
    assert not (tmp_path / "run").exists()


AT_IMPORT = """
import builtins, os, signal, sys
plain = builtins.__import__
def watched(name, *rest, **more):
    if name.split(".")[0] == "LIBRARY":
        builtins.__import__ = plain
        EVENT
    return plain(name, *rest, **more)
builtins.__import__ = watched
from reverie.__main__ import main
sys.argv = ["reverie", *sys.argv[1:]]
main()
"""
"""Runs the command, and something happens while it loads a library."""


def while_loading(library: str, event: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    code = AT_IMPORT.replace("LIBRARY", library).replace("EVENT", event)
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "error",
    [
        "ImportError('libtorch_cpu.so: failed to map segment from shared object')",
        "ImportError('libc10.so: cannot allocate memory in static TLS block')",
        "MemoryError()",
        "OSError(12, 'Cannot allocate memory')",
    ],
)
def test_a_library_for_which_there_is_no_memory(corpus_folder: Path, error: str) -> None:
    train = ("train", corpus_folder, "--dry-run")
    refused(while_loading("torch", f"raise {error}", *train), "too little memory", "ulimit -v")


def test_a_library_that_is_broken_is_no_want_of_memory(corpus_folder: Path) -> None:
    ended = while_loading("torch", "raise ImportError('broken')", "train", corpus_folder)
    assert ended.returncode == 1
    assert "ImportError: broken" in ended.stderr


def test_models_lists_all_eight() -> None:
    small = ("models", "--set", "model.hidden=64", "--set", "training.sequence_seconds=0.5")
    rows = json.loads(reverie(*small, "--json").stdout)
    assert [row["architecture"] for row in rows] == list(get_args(Architecture))
    for row in rows:
        assert sum(row["by_part"].values()) == row["parameters"]
        assert row["operations"] > 0
    assert "sounds best" in reverie(*small).stdout
    at_44100 = json.loads(reverie(*small, "--json", "--rate", "44.1k").stdout)
    for row, wider in zip(rows, at_44100, strict=True):
        # The recurrent part is the same, and frames of as many seconds have more numbers.
        assert wider["by_part"]["head"] > row["by_part"]["head"]
    refused(reverie(*small, "--rate", "100"), "rate", "greater than or equal to 8000")


def test_experiments_and_trims(corpus_folder: Path, tmp_path: Path) -> None:
    experiment = ("experiment", "paper", corpus_folder, "--out", tmp_path / "e")
    refused(reverie("experiment", "thesis", corpus_folder), "'thesis'", "'paper' or 'variants'")
    refused(
        reverie(*experiment, "--models", "gruv,opera"),
        "no 'opera'; known: baseline, gruv",
    )
    refused(reverie(*experiment, "--scale", "huge"), "scale", "huge")
    refused(reverie(*experiment, "--budget", "time", "--minutes", "-1"), "minutes", "greater than")
    refused(reverie("trim", tmp_path / "gone.wav"), "gone.wav cannot be read")
    sound = tmp_path / "a.wav"
    soundfile.write(sound, np.sin(np.arange(40000) * 0.2), 8000)
    assert reverie("trim", sound, "--start", "1", "--end", "3").returncode == 0
    assert soundfile.info(tmp_path / "a-trimmed.wav").duration == 2.0
    refused(reverie("trim", sound), "a-trimmed.wav is there already", "Choose another --out")
    refused(reverie("trim", sound, "--out", sound, "--overwrite"), "a.wav is there already")


def test_a_corpus_of_one(one_recording: Path) -> None:
    refused(
        reverie("train", one_recording, "--set", "frames.hop_seconds=0.0125"),
        "one",
        "at least two recordings",
    )


def test_a_model_too_large_for_the_machine(corpus_folder: Path, tmp_path: Path) -> None:
    settings = [word for one in SMALL for word in ("--set", one)]
    result = reverie(
        "train", corpus_folder, "--out", tmp_path / "run", *settings, "--set", "model.hidden=65536"
    )
    refused(result, "GiB", "model.hidden (65536)")


def test_the_whole_way_with_json(tmp_path: Path) -> None:
    write_recordings(tmp_path / "my tunes", 5, 6.0, RATE_HZ)
    corpus, run, clips = tmp_path / "corpus", tmp_path / "run", tmp_path / "clips"
    prepared = reverie(
        "prepare", tmp_path / "my tunes", "--out", corpus, "--rate", str(RATE_HZ), "--json"
    )
    json.loads(prepared.stdout)
    small = [*SMALL, "frames.n_codebooks=2", "frames.codebook_size=16", "model.head_width=8"]
    settings = [word for one in small for word in ("--set", one)]
    trained = reverie_as_a_process("train", corpus, "--out", run, "--json", *settings)
    assert json.loads(trained.stdout)["epoch"] == 6
    assert "parameters" in trained.stderr
    generated = reverie("generate", run, "--out", clips, "--count", "2", "--seconds", "1", "--json")
    assert json.loads(generated.stdout)["clips"] == [str(clips / f"00{n}.wav") for n in (1, 2)]
    inspected = reverie("inspect", corpus, "--json")
    json.loads(inspected.stdout)


@pytest.mark.parametrize(
    "command", ["prepare", "inspect", "train", "generate", "trim", "models", "experiment", "demo"]
)
def test_help_has_an_example(command: str) -> None:
    result = reverie(command, "--help")
    assert result.returncode == 0
    assert "Example" in result.stdout


def test_an_output_that_is_closed_is_nowhere() -> None:
    command = ["sh", "-c", 'exec "$0" -m reverie --help >&-', sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_has_gone_is_no_failure(one_recording: Path) -> None:
    """As `reverie inspect CORPUS --json | head -1` does it, by whatever command."""
    for command in (["inspect", str(one_recording), "--json"], ["--help"]):
        child = subprocess.Popen(
            [sys.executable, "-u", "-m", "reverie", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        with child.stderr:
            assert child.stderr.read() == b""
        assert child.wait() == 0
