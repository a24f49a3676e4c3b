"""Samples of fewer bits than are stored for them, at the top or at the bottom."""

import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.audio.reading.decode import load
from reverie.audio.reading.sample_bits import PCM_SUBFORMAT, W64_DATA, W64_FORMAT
from tests.audio.making import RATE_HZ, music

SOUND = music(1.0, channels=2)
MEAN = SOUND.mean(axis=1)


def raw(stored: int, valid: int, where: str, order: str = "<", level: float = 1.0) -> bytes:
    """The sound as integers of `valid` bits in `stored` ones."""
    whole = np.round(level * SOUND.astype(float) * 2 ** (valid - 1)).astype(np.int64)
    whole = whole << (stored - valid) if where == "top" else whole
    bytes_: NDArray[np.uint8] = whole.astype("<i8").reshape(-1, 1).view(np.uint8)
    bytes_ = bytes_[:, : stored // 8]
    return (bytes_ if order == "<" else bytes_[:, ::-1]).tobytes()


def format_chunk(stored: int, valid: int, *, extensible: bool) -> bytes:
    block = 2 * stored // 8
    about = (2, RATE_HZ, RATE_HZ * block, block)
    if not extensible:
        return struct.pack("<HHIIHH", 1, *about, valid)
    head = struct.pack("<HHIIHHHHI", 0xFFFE, *about, stored, 22, valid, 3)
    return head + PCM_SUBFORMAT


def wave(data: bytes, fmt: bytes) -> bytes:
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt
    body += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def wave64(data: bytes, fmt: bytes) -> bytes:
    fmt = fmt.ljust((len(fmt) + 7) // 8 * 8, b"\0")
    body = b"wave\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
    body += W64_FORMAT + struct.pack("<Q", 24 + len(fmt)) + fmt
    body += W64_DATA + struct.pack("<Q", 24 + len(data)) + data
    riff = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
    return riff + struct.pack("<Q", 24 + len(body)) + body


def core_audio(data: bytes, stored: int, valid: int, flags: int) -> bytes:
    desc = struct.pack(">d4sIIIII", RATE_HZ, b"lpcm", flags, 2 * stored // 8, 1, 2, valid)
    return (
        b"caff\0\1\0\0desc" + struct.pack(">q", len(desc)) + desc
        + b"data" + struct.pack(">q", len(data) + 4) + bytes(4) + data
    )  # fmt: skip


@pytest.mark.parametrize("where", ["top", "bottom"])
@pytest.mark.parametrize(("stored", "valid"), [(32, 24), (32, 20), (24, 20), (16, 12), (32, 16)])
@pytest.mark.parametrize("container", ["extensible", "plain", "wave64", "caf", "caf big"])
def test_they_are_read_at_their_level(
    tmp_path: Path, container: str, stored: int, valid: int, where: str
) -> None:
    data = raw(stored, valid, where, ">" if "big" in container else "<")
    match container:
        case "wave64":
            file = wave64(data, format_chunk(stored, valid, extensible=True))
        case "caf" | "caf big":
            file = core_audio(data, stored, valid, 0 if "big" in container else 2)
        case _:
            file = wave(data, format_chunk(stored, valid, extensible=container == "extensible"))
    (tmp_path / "a.wav").write_bytes(file)
    got = load(tmp_path / "a.wav", RATE_HZ)[0]
    np.testing.assert_allclose(got, MEAN, atol=2 ** (2 - valid))


def test_a_quiet_recording_at_the_top_stays_quiet(tmp_path: Path) -> None:
    data = raw(32, 24, "top", level=1e-4)
    (tmp_path / "a.wav").write_bytes(wave(data, format_chunk(32, 24, extensible=True)))
    np.testing.assert_allclose(load(tmp_path / "a.wav", RATE_HZ)[0], 1e-4 * MEAN, atol=1e-6)


def test_all_bits_are_left_alone(tmp_path: Path) -> None:
    data = raw(32, 32, "top")
    (tmp_path / "a.wav").write_bytes(wave(data, format_chunk(32, 32, extensible=True)))
    np.testing.assert_allclose(load(tmp_path / "a.wav", RATE_HZ)[0], MEAN, atol=1e-6)
