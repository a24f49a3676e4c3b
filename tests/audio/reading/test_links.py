"""Recordings joined in one file: all of them are decoded."""

from pathlib import Path

import numpy as np
import pytest

from reverie.audio.reading.damage import condition
from reverie.audio.reading.decode import load
from reverie.audio.reading.links import Link, Window, flac_links, links
from reverie.audio.reading.source import Reading, Source
from tests.audio.making import encode, music, wav

FIRST = {"rate_hz": 48000, "channels": 2}
SECOND = {"rate_hz": 24000, "channels": 1}


def joined(folder: Path, suffix: str, codec: str, container: str | None = None) -> Path:
    """Two recordings of two seconds each, of different rates and channels."""
    parts: list[bytes] = []
    for number, about in enumerate((FIRST, SECOND)):
        sound = music(2.0, seed=number, **about)
        path = folder / f"{number}{suffix}"
        if codec == "soundfile":
            wav(path, sound, rate_hz=about["rate_hz"],
                subtype="VORBIS" if suffix == ".ogg" else "PCM_16")  # fmt: skip
        else:
            encode(path, sound, codec, rate_hz=about["rate_hz"], container=container)
        parts.append(path.read_bytes())
    path = folder / f"joined{suffix}"
    path.write_bytes(b"".join(parts))
    return path


@pytest.mark.parametrize(
    ("suffix", "codec", "container"),
    [
        (".ogg", "soundfile", None), (".opus", "libopus", None), (".oga", "flac", "ogg"),
        (".flac", "soundfile", None), (".wav", "soundfile", None), (".aiff", "soundfile", None),
        (".au", "soundfile", None), (".w64", "soundfile", None), (".caf", "soundfile", None),
        (".mka", "flac", "matroska"), (".webm", "libopus", None), (".wma", "wmav2", "asf"),
        (".m4a", "aac", "ipod"), (".avi", "pcm_s16le", None), (".mp3", "libmp3lame", None),
        (".aac", "aac", "adts"), (".ts", "aac", "mpegts"),
    ],
)  # fmt: skip
def test_both_are_decoded_whatever_their_rates_and_channels(
    tmp_path: Path, suffix: str, codec: str, container: str | None
) -> None:
    path = joined(tmp_path, suffix, codec, container)
    decoded = load(path, 16000)[0]
    assert len(decoded) == pytest.approx(4 * 16000, abs=1600)
    # What encoders put around the sound stays at such seams.
    for number in () if suffix in {".mp3", ".aac", ".ts"} else (0, 1):
        alone = load(tmp_path / f"{number}{suffix}", 16000)[0]
        part = decoded[number * (len(decoded) - len(alone)) :][: len(alone)]
        assert np.corrcoef(part[3000:-3000], alone[3000:-3000])[0, 1] > 0.98


def test_joined_recordings_are_said(tmp_path: Path) -> None:
    path = joined(tmp_path, ".flac", "soundfile")
    with Source(path, Reading(split_flac=True)) as source:
        for _ in source.blocks():
            pass
        told = condition(path, source)
    assert told.damage is None
    assert told.notes == (
        "2 recordings joined in one file",
        "changes from 48000 Hz and 2 channels to 24000 Hz and 1 channel, first 0:02.0 in",
    )


def test_a_part_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    path = joined(tmp_path, ".wav", "soundfile")
    data = path.read_bytes()
    second = data.rfind(b"RIFF")
    path.write_bytes(data[:second] + data[second:].replace(b"fmt ", b"oops"))
    with Source(path) as source:
        for _ in source.blocks():
            pass
        told = condition(path, source)
    assert "of which 1 cannot be read" in told.notes[0]


def test_multiplexed_streams_are_one_recording(tmp_path: Path) -> None:
    one = wav(tmp_path / "a.ogg", music(1.0), subtype="VORBIS").read_bytes()
    start = one.index(b"OggS", 4)
    second = bytearray(one[:start])
    second[14:18] = b"abcd"
    (tmp_path / "b.ogg").write_bytes(one[:start] + second + one[start:])
    assert len(links(tmp_path / "b.ogg")) == 1


def test_flac_is_found_across_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reverie.audio.reading.links.READ_BYTES", 10)
    start = b"fLaC\0\0\0\x22"
    (tmp_path / "a.flac").write_bytes(start + b"x" * 5 + start + b"y" * 40 + start)
    assert flac_links(tmp_path / "a.flac") == [Link(0, 13), Link(13, 61), Link(61, 69)]


def test_a_window_is_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    window = Window(tmp_path / "a", Link(2, 8), {1: b"AB"})
    assert window.read(2) == b"2A"
    assert window.read() == b"B567"
    assert window.read(1) == b""
    assert (window.seek(-1, 2), window.read(5), window.tell()) == (5, b"7", 6)
    window.close()
