"""Telling damage from what merely looks odd."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from reverie.audio.reading.damage import Condition, condition
from reverie.audio.reading.source import Source, Unreadable
from tests.audio.making import cut, encode, mp3, music, spoil, wav, wav_bytes

SOUND = music(4.0, channels=2)
RAW = (SOUND[:, 0] * 20000).astype("<i2").tobytes()
BARE = {"write_xing": "0", "id3v2_version": "0"}


def judged(path: Path) -> Condition:
    with Source(path) as source:
        for _ in source.blocks():
            pass
        return condition(path, source)


DAMAGED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "cut.mp3": (lambda path: cut(mp3(path)), "3.* s of 6.0 s are missing"),
    "garbage.mp3": (lambda path: spoil(mp3(path)), r"damaged 0:03\.0 in"),
    "inserted.mp3": (lambda path: spoil(mp3(path), insert=True), r"damaged 0:03\.0 in"),
    "start.mp3": (lambda path: spoil(mp3(path), at=0), "from the start"),
    "cut.flac": (lambda path: cut(wav(path, SOUND)), "missing"),
    "garbage.flac": (lambda path: spoil(wav(path, SOUND)), "damaged"),
    "cut.aiff": (lambda path: cut(wav(path, SOUND)), "missing"),
    "cut.wav": (lambda path: cut(wav(path, SOUND)), "cut off, or its header lies"),
    "cut.ogg": (lambda path: cut(wav(path, SOUND, subtype="VORBIS")), "cut off after"),
    "garbage.ogg": (lambda path: spoil(wav(path, SOUND, subtype="VORBIS"), 4000), "missing"),
    "cut.opus": (lambda path: cut(encode(path, SOUND, "libopus", rate_hz=48000)), "cut off"),
    "garbage.m4a": (lambda path: spoil(encode(path, SOUND, "aac"), 5000, at=0.4), "damaged"),
    "cut.m4a": (
        lambda path: cut(encode(path, SOUND, "aac", options={"movflags": "+faststart"})),
        "missing",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_found(tmp_path: Path, name: str) -> None:
    make, reason = DAMAGED[name]
    found = judged(make(tmp_path / name)).damage
    assert found is not None
    assert re.search(reason, found), found


LIES: dict[str, tuple[dict[str, int], str]] = {
    "more than there is": ({"data_size": 3 * len(RAW)}, "lies"),
    "less than there is": ({"data_size": 1000}, "lies"),
    "block align": ({"block_align": 7}, "contradicts"),
    "channels": ({"channels": 2, "block_align": 2}, "contradicts"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_wav_header_is_found(tmp_path: Path, lie: str) -> None:
    values, reason = LIES[lie]
    (tmp_path / "a.wav").write_bytes(wav_bytes(RAW, **values))
    assert reason in str(judged(tmp_path / "a.wav").damage)


def test_a_wav_of_1_kb_that_claims_5_gb(tmp_path: Path) -> None:
    ds64 = b"ds64" + (28).to_bytes(4, "little") + (5 * 10**9 + 80).to_bytes(8, "little")
    ds64 += (5 * 10**9).to_bytes(8, "little") + bytes(12)
    data = wav_bytes(RAW[:1000], data_size=0xFFFFFFFF)
    (tmp_path / "a.wav").write_bytes(b"RF64\xff\xff\xff\xffWAVE" + ds64 + data[12:])
    assert "5 GB of sound and 1 KB are there" in str(judged(tmp_path / "a.wav").damage)


WHOLE: dict[str, Callable[[Path], Path]] = {
    "a.mp3": mp3,
    "bare.mp3": lambda path: encode(path, SOUND, "libmp3lame", options=BARE),
    # Its duration can only be guessed, and FFmpeg's guess may be far off.
    "bare vbr.mp3": lambda path: encode(path, SOUND, "libmp3lame", bit_rate=0, options=BARE),
    "a.m4a": lambda path: encode(path, SOUND, "aac"),
    "a.opus": lambda path: encode(path, SOUND, "libopus", rate_hz=48000),
    "a.ogg": lambda path: wav(path, SOUND, subtype="VORBIS"),
    "a.flac": lambda path: wav(path, SOUND),
    "a.aiff": lambda path: wav(path, SOUND),
    "a.wav": lambda path: wav(path, SOUND),
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_recordings_are_whole(tmp_path: Path, name: str) -> None:
    assert judged(WHOLE[name](tmp_path / name)) == Condition()


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0, 0x7FFFF000])
def test_a_wav_written_into_a_pipe_is_whole(tmp_path: Path, size: int) -> None:
    (tmp_path / "a.wav").write_bytes(wav_bytes(RAW, data_size=size, riff_size=size))
    assert judged(tmp_path / "a.wav") == Condition()


@pytest.mark.parametrize("after", [b"TAG" + bytes(125), bytes(5000)])
def test_what_follows_the_music_of_an_mp3_is_no_damage(tmp_path: Path, after: bytes) -> None:
    path = mp3(tmp_path / "a.mp3")
    path.write_bytes(path.read_bytes() + after)
    assert judged(path).damage is None


def test_joined_mp3s_are_whole(tmp_path: Path) -> None:
    path = mp3(tmp_path / "a.mp3")
    path.write_bytes(2 * path.read_bytes())
    assert judged(path).damage is None


def test_a_list_after_the_sound_is_no_lie(tmp_path: Path) -> None:
    data = wav_bytes(RAW) + b"LIST" + (100_000).to_bytes(4, "little") + bytes(100_000)
    (tmp_path / "a.wav").write_bytes(data)
    assert judged(tmp_path / "a.wav") == Condition()


def test_an_m4a_without_its_table_is_called_cut_off(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cut off"):
        judged(cut(encode(tmp_path / "a.m4a", SOUND, "aac")))
