"""Lost music is said, in seconds, wherever anything in a file tells of it."""

import re
from pathlib import Path

import numpy as np
import pytest

from reverie.audio.reading.damage import Condition, condition, header_fault
from reverie.audio.reading.source import Source, Unreadable
from tests.audio.kinds import KINDS, Kind, can_make
from tests.audio.making import cut, encode, music, wav

SECONDS = 3.0

PART = 0.223
"""Such that no piece of any kind ends there by chance."""

MADE = [kind for kind in KINDS if can_make(kind)]

UNTOLD = {
    # Neither a length nor frames: any end is as good as another.
    "g722.g722", "sbc.sbc", "aptx.aptx", "libgsm.gsm", "pcm_s16le.sf", "mp2.mpg",
    # FFmpeg's parser drops a frame that is cut without a word.
    "truehd.thd", "mlp.mlp",
}  # fmt: skip

WITHOUT_LENGTH = {
    ".mp2", ".aac", ".loas", ".ac3", ".eac3", ".amr", ".ts", ".m2ts", ".mts", ".vob", ".nut", ".ra",
    ".dts",
}  # fmt: skip
"""Nothing in these tells how much is missing, but that the last piece is cut."""


def judged(path: Path) -> Condition:
    with Source(path) as source:
        for _ in source.blocks():
            pass
        return condition(path, source)


def recording(kind: Kind, folder: Path) -> Path:
    sound = music(SECONDS, rate_hz=kind.rate_hz, channels=kind.channels)
    return kind.make(folder / kind.name, sound)


@pytest.mark.parametrize("kind", MADE, ids=lambda kind: kind.name)
def test_a_fifth_of_any_kind_is_said_to_be_a_fifth(tmp_path: Path, kind: Kind) -> None:
    path = recording(kind, tmp_path)
    assert judged(path) == Condition()
    try:
        found = judged(cut(path, PART))
    except Unreadable as error:
        assert kind.suffix == ".wtv" or "cut off" in f"{header_fault(path)} {error}"
        return
    if kind.name in UNTOLD:
        assert found.damage is None
    elif kind.suffix in WITHOUT_LENGTH or "no header" in kind.told:
        assert found.damage is None
        assert "its last piece is cut off" in found.notes[0]
    elif told := re.search(r"([\d.]+) s of ([\d.]+) s are missing", str(found.damage)):
        missing, total = map(float, told.groups())
        assert total == pytest.approx(SECONDS, rel=0.25)
        assert 0.6 * SECONDS < missing < 1.25 * SECONDS
    else:
        assert re.search("cut off|its last piece", f"{found.damage} {found.notes}")


def half(path: Path, filling: str) -> Path:
    """A file whose second half never arrived, though room was made for it."""
    data = path.read_bytes()
    rest = len(data) - len(data) // 2
    junk = bytes(rest) if filling == "zeros" else np.random.default_rng(0).bytes(rest)
    path.write_bytes(data[: len(data) // 2] + junk)
    return path


COMPRESSED = [
    kind
    for kind in MADE
    if not kind.codec.startswith(("pcm", "adpcm", "g72", "libgsm", "real"))
    and kind.suffix not in {".amr", ".aptx"}
    and not kind.ffmpeg
]


@pytest.mark.parametrize(
    ("kind", "filling"),
    [(kind, ("zeros", "noise")[number % 2]) for number, kind in enumerate(COMPRESSED)],
    ids=lambda one: one if isinstance(one, str) else one.name,
)
def test_what_never_arrived_is_said(tmp_path: Path, kind: Kind, filling: str) -> None:
    path = half(recording(kind, tmp_path), filling)
    try:
        assert judged(path).damage is not None
    except Unreadable as error:
        assert kind.suffix in {".wtv", ".caf"} or "cut off" in str(error)


@pytest.mark.parametrize(("suffix", "codec"), [(".ts", "aac"), (".ts", "mp2"), (".nut", "flac")])
def test_a_gap_of_time_is_lost_music(tmp_path: Path, suffix: str, codec: str) -> None:
    path = encode(tmp_path / f"a{suffix}", music(6.0, channels=2), codec)
    data = path.read_bytes()
    start, end = (len(data) * share // 100 // 188 * 188 for share in (40, 70))
    path.write_bytes(data[:start] + data[end:])
    assert re.search(r"missing|damaged", str(judged(path).damage))


def test_faults_after_the_last_sound_are_an_end_where_much_follows(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.aac", music(6.0, channels=2), "aac", container="adts")
    data = bytearray(path.read_bytes())
    # The heads of frames stay, and nothing in them can be decoded.
    place = 0
    while place < len(data):
        length = (data[place + 3] & 3) << 11 | data[place + 4] << 3 | data[place + 5] >> 5
        if place > len(data) // 2:
            data[place + 7 : place + length] = b"\xff" * (length - 7)
        place += length
    path.write_bytes(data)
    told = re.search(r"(.*) s of (.*) s are missing", str(judged(path).damage)[20:])
    assert told
    assert float(told[1]) == pytest.approx(3.0, abs=0.3)


def test_what_follows_the_end_of_a_file_that_tells_it_is_a_note(tmp_path: Path) -> None:
    one = encode(tmp_path / "a.tta", music(3.0, channels=2), "tta")
    other = encode(tmp_path / "b.tta", music(3.0, channels=1), "tta")
    one.write_bytes(one.read_bytes() + other.read_bytes())
    found = judged(one)
    assert found.damage is None
    assert re.search(r"about \d\.\d s follow its end", found.notes[0])


@pytest.mark.parametrize("codec", ["flac", "tta", "wavpack"])
def test_a_flipped_bit_in_a_lossless_file_is_damage(tmp_path: Path, codec: str) -> None:
    path = encode(tmp_path / "a.mka", music(3.0, channels=2), codec, container="matroska")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    assert judged(path).damage is not None


def test_an_ogg_without_its_last_page_is_noted(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.ogg", music(4.0), subtype="VORBIS")
    data = path.read_bytes()
    path.write_bytes(data[: data.rfind(b"OggS")])
    assert "its end marker is missing" in judged(path).notes[0]
