"""Read integers with fewer valid bits than stored ones: 24 or 20 in 32, 20 in 24, 12 in 16.

FFmpeg takes the number of valid bits for the size of a sample, so it decodes 24 bits in 32 as
noise: this module patches the header that FFmpeg reads with the stored size. Valid bits belong at
the top, above zeros. Some programs put them at the bottom, which is 48 dB too quiet; the samples
show it.
"""

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

PCM, EXTENSIBLE = 0x0001, 0xFFFE
PCM_SUBFORMAT = b"\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
W64_FORMAT = b"fmt \xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
W64_DATA = b"data" + W64_FORMAT[4:]

LOOKED_AT_BYTES = 8 << 20
"""How much sound is examined before its bits are taken to lie at the bottom."""

MOST_CHUNKS = 1000


@dataclass(frozen=True)
class SampleBits:
    """How to read the integers of a file.

    `patch` maps positions in the file to bytes that replace its header's; multiply samples by
    `scale`.
    """

    patch: dict[int, bytes] = field(default_factory=dict[int, bytes])
    scale: float = 1.0


@dataclass(frozen=True)
class _Layout:
    """Where and how a header stores the number of bits, the size of a sample, and its data."""

    bits_at: tuple[int, ...]
    form: str
    valid_bits: int
    stored_bytes: int
    data_at: int
    big_endian: bool


def sample_bits(path: Path) -> SampleBits:
    """Find how to read the integers of the WAV, RF64, Wave64 or CAF file `path`."""
    with path.open("rb") as file:
        layout = _layout(file, path.stat().st_size)
        if layout is None or not 0 < layout.valid_bits < 8 * layout.stored_bytes:
            return SampleBits()
        spare = 8 * layout.stored_bytes - layout.valid_bits
        told = struct.pack(layout.form, 8 * layout.stored_bytes)
        low = _at_the_bottom(file, layout, spare)
    return SampleBits(dict.fromkeys(layout.bits_at, told), 2.0**spare if low else 1.0)


def _layout(file: BinaryIO, size: int) -> _Layout | None:
    head = file.read(40).ljust(40, b"\0")
    if head[:4] in {b"RIFF", b"RF64", b"BW64"} and head[8:12] == b"WAVE":
        return _wave(file, 12, size, wide=False)
    if head[:4] == b"riff" and head[24:28] == b"wave":
        return _wave(file, 40, size, wide=True)
    return _caf(file, size) if head[:4] == b"caff" else None


def _wave(file: BinaryIO, place: int, size: int, *, wide: bool) -> _Layout | None:
    """Read the chunks of a WAV, or of a Wave64, whose names and sizes are wider."""
    found: tuple[tuple[int, ...], int, int] | None = None
    for _ in range(MOST_CHUNKS):
        file.seek(place)
        head = file.read(24 if wide else 8)
        if len(head) < (24 if wide else 8):
            return None
        name = head[:16] if wide else head[:4]
        length = int.from_bytes(head[16:] if wide else head[4:], "little")
        body = place + len(head)
        if name in {W64_DATA, b"data"}:
            return found and _Layout(found[0], "<H", found[1], found[2], body, big_endian=False)
        if name in {W64_FORMAT, b"fmt "}:
            found = _wave_format(file.read(40), body)
            if found is None:
                return None
        # A Wave64 counts a chunk's header in its size and pads to 8 bytes.
        place = place + (length + 7) // 8 * 8 if wide else body + length + length % 2
        if length < (24 if wide else 0) or place > size:
            return None
    return None


def _wave_format(body: bytes, place: int) -> tuple[tuple[int, ...], int, int] | None:
    """Return the positions of a format chunk's bit counts, the valid bits, and the stored bytes."""
    if len(body) < 16:
        return None
    tag, channels, _, _, block, bits = struct.unpack("<HHIIHH", body[:16])
    places, valid = (place + 14,), bits
    if tag == EXTENSIBLE and len(body) >= 40 and body[24:40] == PCM_SUBFORMAT:
        places, valid = (place + 14, place + 18), struct.unpack("<H", body[18:20])[0] or bits
    elif tag != PCM:
        return None
    if not channels or block % channels or block // channels not in {2, 3, 4}:
        return None
    return places, valid, block // channels


def _caf(file: BinaryIO, size: int) -> _Layout | None:
    found: tuple[int, int, int, bool] | None = None
    place = 8
    for _ in range(MOST_CHUNKS):
        file.seek(place)
        head = file.read(12)
        if len(head) < 12:
            return None
        name, length = struct.unpack(">4sq", head)
        if name == b"data":
            # The sound follows a four-byte edit count.
            return found and _Layout(
                (found[0],), ">I", found[1], found[2], place + 16, big_endian=found[3]
            )
        if name == b"desc":
            body = file.read(32).ljust(32, b"\0")
            kind, flags, packet, frames, channels, bits = struct.unpack(">4sIIIII", body[8:])
            # Flag 1: floats; flag 2: little-endian.
            whole = kind == b"lpcm" and not flags & 1 and frames == 1 and channels
            if not whole or packet % channels or packet // channels not in {2, 3, 4}:
                return None
            found = place + 12 + 28, bits, packet // channels, not flags & 2
        place += 12 + length
        if length < 0 or place > size:
            return None
    return None


def _at_the_bottom(file: BinaryIO, layout: _Layout, spare: int) -> bool:
    """Return whether the samples lie in the low bits: all are so small, and some bits are set."""
    file.seek(layout.data_at)
    low_bits_set = False
    for _ in range(0, LOOKED_AT_BYTES, 1 << 18):
        # A multiple of 2, 3 and 4 bytes, so that no sample is cut.
        data = file.read(3 << 16)
        values = _integers(data, layout)
        if len(values) and (
            int(values.max()) >= 1 << (layout.valid_bits - 1)
            or int(values.min()) < -(1 << (layout.valid_bits - 1))
        ):
            return False
        low_bits_set = low_bits_set or bool(np.any(values & ((1 << spare) - 1)))
        if len(data) < 3 << 16:
            break
    return low_bits_set


def _integers(data: bytes, layout: _Layout) -> NDArray[np.int32]:
    """Convert samples of 2 to 4 bytes to signed integers [n]."""
    size = layout.stored_bytes
    raw = np.frombuffer(data, np.uint8, len(data) // size * size).reshape(-1, size)
    if not layout.big_endian:
        raw = raw[:, ::-1]
    wide = np.zeros((len(raw), 4), np.uint8)
    wide[:, :size] = raw
    return wide.view(">i4").ravel().astype(np.int32) >> (32 - 8 * size)
