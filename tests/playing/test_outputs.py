"""Where endless music goes: bytes on a pipe, and loudspeakers that a test stands in for."""

import io
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from reverie.errors import ReverieError
from reverie.playing.outputs import pipe
from reverie.playing.outputs.device import DeviceOutput
from reverie.playing.outputs.pipe import MOST_CATCH_UP_SECONDS, PipeOutput, standard_output

RATE_HZ = 8000


@pytest.fixture
def ends() -> Any:
    reading, writing = os.pipe()
    yield reading, writing
    for end in (reading, writing):
        os.close(end)


def test_a_stream_reads_as_a_wav_file(ends: tuple[int, int]) -> None:
    reading, writing = ends
    output = PipeOutput(writing, RATE_HZ, 2, "wav")
    ramp = np.linspace(-1.2, 1.2, 1000, dtype=np.float32)
    sides = np.stack([ramp, -ramp / 2]).astype(np.float32)
    for part in np.split(sides, 4, axis=1):
        output.write(part)
    samples, rate_hz = soundfile.read(io.BytesIO(os.read(reading, 1 << 16)))
    assert rate_hz == RATE_HZ
    np.testing.assert_allclose(samples[:, 0], ramp.clip(-1, 1), atol=2 / 32768)
    np.testing.assert_allclose(samples[:, 1], -ramp / 2, atol=1 / 32768)


def test_raw_samples_take_turns(ends: tuple[int, int]) -> None:
    reading, writing = ends
    output = PipeOutput(writing, RATE_HZ, 2, "raw")
    output.write(np.array([[0.5, 0.25], [-0.5, 0]], np.float32))
    found = np.frombuffer(os.read(reading, 100), "<i2")
    assert found.tolist() == [16384, -16384, 8192, 0]
    assert f"-r {RATE_HZ} -c 2" in output.about


def test_it_is_heard_as_it_is_taken_and_never_before_its_time(
    ends: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = ends
    now = 100.0
    monkeypatch.setattr(pipe.time, "monotonic", lambda: now)
    output = PipeOutput(writing, RATE_HZ, 1, "wav")
    assert output.played_seconds(now) == 0
    output.write(np.zeros((1, RATE_HZ), np.float32))
    assert output.played_seconds(now + 0.5) == pytest.approx(0, abs=0.01), "nobody has taken any"
    os.read(reading, 44 + RATE_HZ)
    assert output.played_seconds(now + 0.2) == pytest.approx(0.2, abs=0.001), "it reads ahead"
    assert output.played_seconds(now + 0.8) == pytest.approx(0.5, abs=0.01)
    os.read(reading, 1 << 16)
    assert output.played_seconds(now + 0.9) == pytest.approx(0.9, abs=0.001)
    assert output.gaps == 0
    assert output.played_seconds(now + 1.5) == pytest.approx(1.0)
    assert output.played_seconds(now + 1.6) == pytest.approx(1.0)
    assert output.gaps == 1, "the music was not there in time, once"


def test_a_reader_that_is_late_is_no_gap(
    ends: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipe.time, "monotonic", lambda: 0.0)
    output = PipeOutput(ends[1], RATE_HZ, 1, "raw")
    output.write(np.zeros((1, RATE_HZ), np.float32))
    assert output.played_seconds(1.5) == 0
    assert output.gaps == 0


def test_a_reader_that_leaves_music_behind_has_gone() -> None:
    reading, writing = os.pipe()
    output = PipeOutput(writing, RATE_HZ, 1, "raw")
    output.write(np.zeros((1, RATE_HZ), np.float32))
    output.require_listener()
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        output.require_listener()
    os.close(writing)


def test_a_pipe_that_does_not_wait_is_waited_for(ends: tuple[int, int]) -> None:
    reading, writing = ends
    os.set_blocking(writing, False)
    output, more = PipeOutput(writing, RATE_HZ, 1, "raw"), np.zeros((1, 1 << 17), np.float32)
    read = threading.Thread(target=lambda: [os.read(reading, 1 << 14) for _ in range(12)])
    read.start()
    output.write(more)
    read.join()


def test_a_full_disk_is_named() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        output = PipeOutput(full.fileno(), RATE_HZ, 1, "wav")
        with pytest.raises(ReverieError, match="music cannot be written: no space left on device"):
            output.write(np.zeros((1, 100), np.float32))


def test_after_a_long_pause_it_does_not_catch_up(
    ends: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = ends
    monkeypatch.setattr(pipe.time, "monotonic", lambda: 0.0)
    output = PipeOutput(writing, RATE_HZ, 1, "raw")
    output.write(np.zeros((1, RATE_HZ), np.float32))
    os.read(reading, 1 << 16)
    assert output.played_seconds(1 + MOST_CATCH_UP_SECONDS + 60) == pytest.approx(1)
    output.write(np.zeros((1, RATE_HZ), np.float32))
    os.read(reading, 1 << 16)
    later = 1 + MOST_CATCH_UP_SECONDS + 60.25
    assert output.played_seconds(later) == pytest.approx(1.25, abs=0.01)


def test_a_terminal_is_no_place_for_music(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "isatty", lambda _: True)
    with pytest.raises(ReverieError, match=r"no text for a terminal.*aplay"):
        standard_output()


class FakeStream:
    """A device that holds a quarter of a second, and plays when a test says so."""

    def __init__(self, **asked: Any) -> None:
        if asked["device"] == "none":
            raise ValueError("No output device matching 'none'")
        self.asked, self.room = asked, 2000
        self.write_available, self.started, self.closed = 0, False, False
        self.late = True

    def start(self) -> None:
        self.started, self.write_available = True, self.room

    def write(self, samples: Any) -> bool:
        assert self.started
        assert samples.flags["C_CONTIGUOUS"]
        self.write_available -= len(samples)
        return self.late

    def abort(self) -> None:
        self.started = False

    def close(self) -> None:
        self.closed = True


def test_loudspeakers(monkeypatch: pytest.MonkeyPatch) -> None:
    library = SimpleNamespace(OutputStream=FakeStream, PortAudioError=RuntimeError)
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    output = DeviceOutput(RATE_HZ, 2, "3")
    stream: Any = output._stream
    assert (stream.asked["device"], stream.asked["channels"]) == (3, 2)
    assert output.played_seconds(0) == 0
    assert not stream.started, "silence until there is music"
    output.write(np.zeros((2, 800), np.float32))
    assert output.gaps == 0, "before the first sound nothing is late"
    assert output.played_seconds(0) == 0
    stream.write_available += 600
    assert output.played_seconds(0) == pytest.approx(600 / RATE_HZ)
    output.write(np.zeros((2, 800), np.float32))
    assert output.gaps == 1
    output.close()
    assert stream.closed
    with pytest.raises(ReverieError, match=r"audio device none .*cannot be opened.*--to -"):
        DeviceOutput(RATE_HZ, 1, "none")


def test_without_the_library_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(ReverieError, match=r"not installed.*reverie-music\[play\].*--to -"):
        DeviceOutput(RATE_HZ, 1)
