"""What is printed: onto a full device, to nobody, in other encodings, and of any name."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from reverie.terminal import printable
from tests.cli.test_errors import refused, reverie, reverie_as_a_process
from tests.conftest import RATE_HZ
from tests.music import write_recordings

ESCAPES = "\x1b[31mred\x1b]0;title\x07\n[/bold]"


@contextmanager
def full_device() -> Iterator[IO[str]]:
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("only Linux has a device that is always full")
    with device.open("w") as stream:
        yield stream


def run(words: list[str | Path], **how: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reverie", *map(str, words)], text=True, check=False, **how
    )


@pytest.mark.parametrize("words", [["--version"], ["inspect", "CORPUS", "--no-leaks"], ["--help"]])
def test_a_full_device(corpus_folder: Path, words: list[str]) -> None:
    here = [str(corpus_folder) if word == "CORPUS" else word for word in words]
    with full_device() as full:
        result = run([*here], stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 2, result
    assert result.stderr == "reverie: cannot print the result: no space left on device.\n"


def test_nothing_can_be_printed_at_all() -> None:
    with full_device() as full:
        assert run(["--version"], stdout=full, stderr=full).returncode == 2


def test_a_reader_that_has_gone() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    result = run(["--help"], stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert result.stderr == ""


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252"])
def test_a_terminal_with_few_characters(tmp_path: Path, encoding: str) -> None:
    write_recordings(tmp_path / "plain", 2, 3.0, RATE_HZ)
    (tmp_path / "plain").rename(tmp_path / "♫ \udce9")
    corpus = tmp_path / "corpus ♪"
    assert reverie("prepare", tmp_path / "♫ \udce9", "--out", corpus, "--quiet").returncode == 0
    result = run(
        ["inspect", corpus, "--no-leaks"],
        capture_output=True,
        encoding=encoding,
        env=os.environ | {"PYTHONIOENCODING": encoding},
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "2 recordings" in result.stdout
    assert "tune 0.wav" in result.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["prepare", "NAME"],
        ["inspect", "NAME"],
        ["train", "NAME"],
        ["train", "CORPUS", "--recipe", "NAME"],
        ["train", "CORPUS", "--set", "NAME=3"],
        ["generate", "NAME"],
        ["trim", "NAME"],
        ["evaluate", "NAME", "--corpus", "CORPUS"],
        ["evaluate", "CORPUS", "--corpus", "NAME"],
        ["experiment", "paper", "NAME"],
        ["listen", "design", "NAME"],
        ["listen", "results", "NAME"],
        ["listen", "serve", "NAME"],
    ],
)
def test_no_name_reaches_a_terminal_raw(
    corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"CORPUS": str(corpus_folder), "NAME": ESCAPES, "NAME=3": f"{ESCAPES}=3"}
    result = reverie(*(names.get(word, word) for word in words))
    refused(result)
    assert "\x1b" not in result.stderr
    assert "x1b[31mred" in result.stderr


def test_the_error_of_a_system_is_a_line(corpus_folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / ("n" * 300)
    result = reverie("inspect", secret)
    assert result.returncode == 2
    assert printable(str(secret)) in result.stderr
    refused(reverie_as_a_process("inspect", corpus_folder, "--html", secret), "file name too long")
