"""`play`: the music of `Run.stream`, ended by keys, by Ctrl-C, and by a reader that goes away."""

import os
import pty
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.api.run import Run
from reverie.audio.pcm import to_int16
from reverie.playing import keys
from reverie.playing.outputs.pipe import PipeOutput
from reverie.playing.performance import begin_stream
from reverie.playing.play import play
from tests.cli.test_errors import refused, reverie

SETTINGS = {"seed": 3, "temperature": 0.8}
HEADER_BYTES = 44


class Reader:
    """Reads a pipe to its end, or goes away after so many bytes."""

    def __init__(self, most_bytes: int = 1 << 30) -> None:
        self._reading, self.writing = os.pipe()
        self.content = bytearray()
        self._most_bytes = most_bytes
        self.some = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while len(self.content) < self._most_bytes and (part := os.read(self._reading, 4096)):
            self.content += part
            self.some.set()
        os.close(self._reading)

    def join(self) -> bytes:
        self._thread.join()
        return bytes(self.content)


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of whoever runs the tests are theirs."""
    monkeypatch.setattr(keys, "TERMINAL", "/nowhere")


def test_it_is_the_music_of_a_stream(over_codes: Run) -> None:
    reader = Reader()
    output = PipeOutput(reader.writing, over_codes.rate_hz, 1, "raw")
    made = play(over_codes, output, SETTINGS, ("held-out",), seconds=1.0, quiet=True)
    os.close(reader.writing)
    found = np.frombuffer(reader.join(), "<i2")
    stream = begin_stream(over_codes, SETTINGS, "held-out")
    blocks = round(made * over_codes.rate_hz) // stream.block_samples
    wanted = to_int16(np.concatenate([next(stream) for _ in range(blocks)]))
    np.testing.assert_array_equal(found, wanted)
    assert 1.0 <= made <= 1.2


def test_a_reader_that_goes_away_ends_it(
    over_codes: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    reader = Reader(most_bytes=5000)
    output = PipeOutput(reader.writing, over_codes.rate_hz, 1, "wav")
    play(over_codes, output, {}, ("nothing",))
    os.close(reader.writing)
    assert reader.join()[:4] == b"RIFF"
    said = capfd.readouterr().err.splitlines()
    assert said[0] == "mono, 8000 Hz"
    assert said[-1].startswith("played 0:00:0")


def test_a_reader_that_leaves_music_in_the_pipe_ends_it(
    over_codes: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    output = PipeOutput(writing, over_codes.rate_hz, 1, "wav")
    write, require, waits = output.write, output.require_listener, 0

    def noted(samples: NDArray[np.float32]) -> None:
        nonlocal waits
        waits = 0
        write(samples)

    def leave() -> None:
        nonlocal waits
        waits += 1
        if waits == 2:  # enough is made, so that nothing more is written until some is taken
            os.close(reading)
        require()

    monkeypatch.setattr(output, "write", noted)
    monkeypatch.setattr(output, "require_listener", leave)
    play(over_codes, output, {}, ("nothing",), quiet=True)
    os.close(writing)
    assert waits == 2


def test_keys_steer_it_and_end_it(
    over_codes: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    main, terminal = pty.openpty()
    monkeypatch.setattr(keys, "TERMINAL", os.ttyname(terminal))
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp())
    before = termios.tcgetattr(terminal)
    reader = Reader()
    output = PipeOutput(reader.writing, over_codes.rate_hz, 1, "wav")

    def press() -> None:
        reader.some.wait()
        os.write(main, b"+rpkq")

    threading.Thread(target=press, daemon=True).start()
    play(over_codes, output, {"temperature": 0.9}, ("held-out",))
    os.close(reader.writing)
    reader.join()
    assert "from the beginning" in capfd.readouterr().err
    assert termios.tcgetattr(terminal) == before
    for end in (main, terminal):
        os.close(end)


@pytest.fixture
def process(over_codes: Run) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, "-m", "reverie", "play", str(over_codes.folder), "--to", "-"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as started:
        yield started
        started.kill()


def test_ctrl_c_ends_it(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    assert len(process.stdout.read(HEADER_BYTES + 2000)) == HEADER_BYTES + 2000
    process.send_signal(signal.SIGINT)
    said = process.stderr.read().decode().splitlines()
    assert process.wait() == 130
    assert said[-2].startswith("played ")
    assert said[-1] == "reverie: the music was ended"


def test_what_cannot_be_played(
    over_codes: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = over_codes.folder
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    refused(reverie("play", folder), "not installed", "reverie-music[play]", "--to -")
    refused(reverie("play", folder, "--to", "a.wav"), "a.wav is nothing to play on", "--to -")
    refused(reverie("play", folder, "--format", "mp3"), "mp3 is no format")
    refused(reverie("play", tmp_path, "--to", "-"), str(tmp_path))
