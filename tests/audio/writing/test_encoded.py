"""FLAC, Opus and MP3: the samples and the length that were written, at any rate."""

from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile

from reverie.audio.reading.decode import load
from reverie.audio.reading.inside import has_mark
from reverie.audio.tags import tags_of
from reverie.audio.writing.encoded import MP3_HZ, OPUS_HZ, coded_rate
from reverie.audio.writing.formats import Format, suffix_of
from reverie.audio.writing.writer import AudioWriter
from reverie.errors import ReverieError
from tests.audio.making import music
from tests.audio.told import made

ENCODED: tuple[Format, ...] = ("flac", "flac24", "opus", "mp3")


def write(
    folder: Path, format_: Format, rate_hz: int, samples: int, channels: int = 1, name: str = "a"
) -> tuple[Path, np.ndarray]:
    sound = music(samples / rate_hz + 0.1, rate_hz=rate_hz, channels=channels)[:samples]
    path = folder / f"{name}{suffix_of(format_)}"
    tags = tags_of(made())
    with AudioWriter(path, rate_hz, format_, channels=channels, tags=tags) as writer:
        for piece in np.array_split(sound.T, 5, axis=1):
            writer.write(piece)
    return path, sound


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 20000, 44100, 48000])
@pytest.mark.parametrize("format_", ENCODED)
def test_the_length_is_what_was_written(
    tmp_path: Path, format_: Format, rate_hz: int, channels: int
) -> None:
    samples = rate_hz + 123
    path, sound = write(tmp_path, format_, rate_hz, samples, channels)
    codec = format_ if format_ in {"opus", "mp3"} else "flac"
    coded_hz = coded_rate(codec, rate_hz)  # pyright: ignore[reportArgumentType]
    read, read_hz = soundfile.read(path, dtype="float32", always_2d=True)
    assert read_hz == coded_hz
    assert read.shape == (round(samples * coded_hz / rate_hz), channels)
    decoded = load(path, rate_hz)[0]
    assert abs(len(decoded) - samples) <= 1
    if format_ in {"flac", "flac24"}:
        assert np.abs(read - sound).max() <= (1 / 32768 if format_ == "flac" else 1 / 8388608)
    else:
        mono = sound.mean(axis=1)[: len(decoded)]
        assert np.corrcoef(decoded[: len(mono)], mono)[0, 1] > 0.99


@pytest.mark.parametrize("format_", ENCODED)
def test_the_same_clip_has_the_same_bytes(tmp_path: Path, format_: Format) -> None:
    one, _ = write(tmp_path, format_, 16000, 9000)
    other, _ = write(tmp_path, format_, 16000, 9000, name="b")
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("format_", ENCODED)
def test_hardly_any_sound_is_a_file(tmp_path: Path, format_: Format) -> None:
    path, _ = write(tmp_path, format_, 16000, 50)
    assert soundfile.info(path).frames == 50


@pytest.mark.parametrize("format_", ENCODED)
def test_no_sound_is_a_file_with_tags(tmp_path: Path, format_: Format) -> None:
    path, _ = write(tmp_path, format_, 16000, 0)
    assert has_mark(path)


@pytest.mark.parametrize("format_", ENCODED)
def test_another_program_reads_the_tags(tmp_path: Path, format_: Format) -> None:
    path, _ = write(tmp_path, format_, 16000, 9000)
    file = mutagen.File(path)
    assert file is not None
    told = {
        str(name).removeprefix("TXXX:").upper(): str(text[0] if isinstance(text, list) else text)
        for name, text in dict(file.tags or {}).items()
    }
    for name, text in tags_of(made()).items():
        if name.startswith("REVERIE_") or name == "DIGITALSOURCETYPE":
            assert told[name] == text
    # mutagen counts whole frames of an MP3.
    slack = 0.1 if format_ == "mp3" else 0.001
    assert file.info.length == pytest.approx(9000 / 16000, abs=slack)


def test_rates_that_codecs_know() -> None:
    assert [coded_rate("opus", rate) for rate in (16000, 22050, 44100, 96000)] == [
        16000, 48000, 48000, 48000,
    ]  # fmt: skip
    assert [coded_rate("mp3", rate) for rate in (4000, 16000, 20000, 96000)] == [
        8000, 16000, 22050, 48000,
    ]  # fmt: skip
    assert coded_rate("flac", 20000) == 20000
    assert OPUS_HZ[-1] == MP3_HZ[-1] == 48000


@pytest.mark.parametrize(("format_", "channels"), [("flac", 9), ("opus", 3), ("mp3", 3)])
def test_too_many_channels_are_refused(tmp_path: Path, format_: Format, channels: int) -> None:
    with pytest.raises(ReverieError, match=f"cannot hold {channels} channels"):
        AudioWriter(tmp_path / f"a{suffix_of(format_)}", 16000, format_, channels=channels)


def test_surround_is_kept(tmp_path: Path) -> None:
    path, sound = write(tmp_path, "flac24", 16000, 5000, 8)
    read, _ = soundfile.read(path, dtype="float32")
    assert np.abs(read - sound).max() <= 1 / 8388608
