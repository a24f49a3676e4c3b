"""Writing: clipped and never wrapped, whole or not at all, the same bytes each time."""

import resource
import struct
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import soundfile

from reverie.audio.reading.decode import load
from reverie.audio.writing.formats import Format, suffix_of
from reverie.audio.writing.wav import header
from reverie.audio.writing.writer import AudioWriter
from reverie.errors import ReverieError
from tests.audio.making import music
from tests.stereo import is_in_order, tones

STEPS: dict[Format, float] = {
    "wav16": 1 / 32768,
    "wav24": 1 / 8388608,
    "wav32f": 0,
    "flac": 1 / 32768,
    "flac24": 1 / 8388608,
}


@pytest.mark.parametrize("format_", STEPS)
def test_what_is_written_is_read_again(tmp_path: Path, format_: Format) -> None:
    name = f"a{suffix_of(format_)}"
    sound = music(1.0)[:, 0]
    for path in (tmp_path / name, tmp_path / f"again-{name}"):
        with AudioWriter(path, 16000, format_) as writer:
            for piece in np.array_split(sound, 7):
                writer.write(piece[None])
        assert writer.clipped_samples == 0
    read, rate_hz = soundfile.read(tmp_path / name, dtype="float32")
    assert rate_hz == 16000
    np.testing.assert_allclose(read, sound, atol=STEPS[format_])
    np.testing.assert_array_equal(load(tmp_path / name, 16000)[0], read)
    assert (tmp_path / name).read_bytes() == (tmp_path / f"again-{name}").read_bytes()


def test_clipped_samples_are_counted(tmp_path: Path) -> None:
    with AudioWriter(tmp_path / "a.wav", 8000) as writer:
        writer.write(np.array([[0, 1, -1, 1.5, -7, 0.5]], np.float32))
    assert writer.clipped_samples == 2
    read, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    assert read.tolist() == [0, 32767, -32768, 32767, -32768, 16384]


@pytest.mark.parametrize("format_", ["wav24", "flac24", "mp3", "opus"])
def test_loud_samples_never_wrap(tmp_path: Path, format_: Format) -> None:
    path = tmp_path / f"a{suffix_of(format_)}"
    tone = 3 * np.sin(np.arange(16000) * 0.05).astype(np.float32)
    with AudioWriter(path, 16000, format_) as writer:
        writer.write(tone[None])
    assert writer.clipped_samples == np.count_nonzero(np.abs(tone) > 1)
    read, _ = soundfile.read(path, dtype="float32")
    limited = np.clip(tone, -1, 1)
    assert np.corrcoef(read, limited)[0, 1] > 0.99


def test_several_channels(tmp_path: Path) -> None:
    sound = music(0.5, rate_hz=16000, channels=3)
    with AudioWriter(tmp_path / "a.wav", 16000, "wav32f", channels=3) as writer:
        writer.write(sound.T)
    read, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    np.testing.assert_array_equal(read, sound)


def test_no_number_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"earlier")
    with pytest.raises(ReverieError, match="sample 3"), AudioWriter(path, 8000) as writer:
        writer.write(np.zeros((1, 2), np.float32))
        writer.write(np.array([[0, np.nan]], np.float32))
    assert path.read_bytes() == b"earlier"
    assert [one.name for one in tmp_path.iterdir()] == ["a.wav"]


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match="neither"):
        AudioWriter(tmp_path / "a.ogg", 8000)
    with pytest.raises(ReverieError, match=r"wav32f is written to \.wav files"):
        AudioWriter(tmp_path / "a.flac", 8000, "wav32f")


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    with AudioWriter(tmp_path / "a.wav", 8000):
        pass
    assert soundfile.info(tmp_path / "a.wav").frames == 0


def test_past_4_gb_the_header_is_rf64() -> None:
    samples = 3 * 2**30
    start = header(16000, 2, 1, samples)
    assert len(start) == len(header(16000, 2, 1, 0))
    assert start[:4] == b"RF64"
    assert start[12:16] == b"ds64"
    assert struct.unpack("<QQ", start[20:36]) == (2 * samples + len(start) - 8, 2 * samples)
    assert start[-8:] == b"data\xff\xff\xff\xff"


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.opus"])
def test_a_disk_that_is_full(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, 300_000).astype(np.float32)
    (tmp_path / name).write_bytes(b"earlier")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Files that may not grow are refused as a full disk refuses them.
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, usual[1]))
    try:
        with (
            pytest.raises(ReverieError, match="cannot write"),
            AudioWriter(tmp_path / name, 8000) as writer,
        ):
            writer.write(noise[None])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert [one.name for one in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"earlier"


@pytest.mark.parametrize("rate_hz", [16000, 44100])
@pytest.mark.parametrize("format_", get_args(Format))
def test_left_and_right_keep_their_sides(tmp_path: Path, format_: Format, rate_hz: int) -> None:
    path = tmp_path / f"a{suffix_of(format_)}"
    with AudioWriter(path, rate_hz, format_, channels=2) as writer:
        for piece in np.array_split(tones(1.0, rate_hz), 3, axis=1):
            writer.write(piece)
    read, read_hz = soundfile.read(path, dtype="float32")
    assert is_in_order(read.T, read_hz)
    assert is_in_order(load(path, 16000, 2), 16000)
