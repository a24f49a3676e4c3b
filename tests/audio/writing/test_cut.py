"""A part of a file has the bits it had, whatever way it is stored."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from reverie.audio.writing.cut import copy_part, open_sound, read_whole
from reverie.errors import ReverieError

RATE_HZ = 44100
HELD_AS = {
    "PCM_U8": np.int16,
    "PCM_S8": np.int16,
    "PCM_16": np.int16,
    "PCM_24": np.int32,
    "PCM_32": np.int32,
    "FLOAT": np.float32,
    "DOUBLE": np.float64,
}


def noise(subtype: str, channels: int, samples: int = 2000) -> NDArray[Any]:
    """Every bit that `subtype` has, at random; floats go past full scale."""
    rng = np.random.default_rng(0)
    shape = (samples, channels)
    if subtype in {"FLOAT", "DOUBLE"}:
        return (4 * rng.standard_normal(shape)).astype(HELD_AS[subtype])
    unused = {"PCM_U8": 8, "PCM_S8": 8, "PCM_24": 8}.get(subtype, 0)
    kind = HELD_AS[subtype]
    whole = rng.integers(np.iinfo(kind).min, int(np.iinfo(kind).max) + 1, shape, np.int64)
    return (whole >> unused << unused).astype(kind)


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        *(("a.wav", one) for one in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")),
        *(("a.flac", one) for one in ("PCM_S8", "PCM_16", "PCM_24")),
    ],
)
def test_a_part_keeps_every_bit(tmp_path: Path, name: str, subtype: str, channels: int) -> None:
    sound, kind = noise(subtype, channels), np.dtype(HELD_AS[subtype]).name
    soundfile.write(tmp_path / name, sound, RATE_HZ, subtype=subtype)
    whole, _ = soundfile.read(tmp_path / name, dtype=kind, always_2d=True)
    np.testing.assert_array_equal(whole, sound)
    for first, last in ((0, 2000), (1, 2), (333, 1440), (1999, 2000)):
        out = tmp_path / f"{first}-{name}"
        with open_sound(tmp_path / name) as file:
            copy_part(file, out, first, last)
        told = soundfile.info(out)
        assert (told.subtype, told.samplerate, told.channels) == (subtype, RATE_HZ, channels)
        assert told.frames == last - first
        part, _ = soundfile.read(out, dtype=kind, always_2d=True)
        np.testing.assert_array_equal(part, sound[first:last])
        if out.suffix == ".wav":
            assert out.stat().st_size % 2 == 0  # as RIFF wants it


def test_the_same_part_has_the_same_bytes(tmp_path: Path) -> None:
    """libsndfile would stamp floats with the time."""
    soundfile.write(tmp_path / "a.wav", noise("FLOAT", 2), RATE_HZ, subtype="FLOAT")
    for name in ("b.wav", "c.wav"):
        with open_sound(tmp_path / "a.wav") as file:
            copy_part(file, tmp_path / name, 3, 900)
    assert (tmp_path / "b.wav").read_bytes() == (tmp_path / "c.wav").read_bytes()
    assert b"PEAK" not in (tmp_path / "b.wav").read_bytes()


def test_numbers_that_are_none_stay_as_they_are(tmp_path: Path) -> None:
    sound = np.array([0.5, np.nan, np.inf, -np.inf, 1e30, -0.0, 1e-40], np.float32)
    soundfile.write(tmp_path / "a.wav", sound, RATE_HZ, subtype="FLOAT")
    with open_sound(tmp_path / "a.wav") as file:
        copy_part(file, tmp_path / "b.wav", 0, len(sound))
    part, _ = soundfile.read(tmp_path / "b.wav", dtype="float32")
    assert part.tobytes() == sound.tobytes()


@pytest.mark.parametrize(
    ("source", "subtype", "out", "kept"),
    [
        ("a.wav", "PCM_24", "b.flac", "PCM_24"),
        ("a.flac", "PCM_24", "b.wav", "PCM_24"),
        ("a.wav", "PCM_U8", "b.flac", "PCM_S8"),
        ("a.flac", "PCM_S8", "b.wav", "PCM_U8"),
        ("a.aiff", "PCM_16", "b.wav", "PCM_16"),
        ("a.wav", "ULAW", "b.wav", "PCM_16"),
        ("a.ogg", "VORBIS", "b.wav", "FLOAT"),
    ],
)
def test_another_format_holds_the_same_values(
    tmp_path: Path, source: str, subtype: str, out: str, kept: str
) -> None:
    sound = noise(subtype if subtype in HELD_AS else "PCM_16", 1)[:, 0]
    soundfile.write(tmp_path / source, sound, RATE_HZ, subtype=subtype)
    with open_sound(tmp_path / source) as file:
        copy_part(file, tmp_path / out, 0, file.frames)
    assert soundfile.info(tmp_path / out).subtype == kept
    kind = "float32" if kept == "FLOAT" else "int32"
    before, _ = soundfile.read(tmp_path / source, dtype=kind)
    after, _ = soundfile.read(tmp_path / out, dtype=kind)
    np.testing.assert_array_equal(after, before)


def test_what_cannot_be_held_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", noise("FLOAT", 1), RATE_HZ, subtype="FLOAT")
    soundfile.write(tmp_path / "9.wav", noise("PCM_16", 9), RATE_HZ, subtype="PCM_16")
    for name, out, said in (
        ("a.wav", "b.flac", "1 channels of FLOAT"),
        ("9.wav", "b.flac", "9 channels of PCM_16"),
        ("a.wav", "b.mp3", "neither .wav nor .flac"),
    ):
        with open_sound(tmp_path / name) as file, pytest.raises(ReverieError, match=said):
            copy_part(file, tmp_path / out, 0, 5)
    assert {path.name for path in tmp_path.iterdir()} == {"a.wav", "9.wav"}


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "folder.wav").mkdir()
    soundfile.write(tmp_path / "slow.wav", np.zeros(100), 20)
    for name, said in (
        ("gone.wav", "it does not exist"),
        ("folder.wav", "it is not a file"),
        ("text.wav", "cannot be read: "),
        ("slow.wav", "a rate of 20 Hz: not sound"),
    ):
        with pytest.raises(ReverieError, match=said) as refusal:
            open_sound(tmp_path / name)
        assert name in str(refusal.value)


def test_a_sound_cut_off_on_the_way_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, noise("PCM_16", 1, 200_000), RATE_HZ, subtype="PCM_16")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ReverieError, match=r"a.flac cannot be read past"):
        read_whole(path)


def test_a_whole_sound_in_sixteen_bits(tmp_path: Path) -> None:
    sound = noise("PCM_16", 2, 100_000)
    soundfile.write(tmp_path / "a.wav", sound, RATE_HZ, subtype="PCM_16")
    found, rate_hz = read_whole(tmp_path / "a.wav")
    assert rate_hz == RATE_HZ
    np.testing.assert_array_equal(found, sound.T)
    soundfile.write(tmp_path / "b.wav", noise("PCM_16", 3), RATE_HZ, subtype="PCM_16")
    with pytest.raises(ReverieError, match="has 3 channels"):
        read_whole(tmp_path / "b.wav")
    soundfile.write(tmp_path / "c.wav", np.empty(0, np.int16), RATE_HZ, subtype="PCM_16")
    assert read_whole(tmp_path / "c.wav")[0].shape == (1, 0)


def test_the_header_says_how_many_channels(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", noise("PCM_24", 3, 7), RATE_HZ, subtype="PCM_24")
    with open_sound(tmp_path / "a.wav") as file:
        copy_part(file, tmp_path / "b.wav", 0, 7)
    told = (tmp_path / "b.wav").read_bytes()
    at = told.index(b"fmt ") + 8
    assert struct.unpack_from("<HHIIHH", told, at) == (1, 3, RATE_HZ, RATE_HZ * 9, 9, 24)
    assert struct.unpack_from("<I", told, 4)[0] == len(told) - 8
    assert struct.unpack_from("<I", told, told.index(b"data") + 4)[0] == 7 * 9
