"""Compare the header of a WAV file with the file itself.

FFmpeg reads what it can of a WAV with a wrong header and does not report it.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PCM, IEEE_FLOAT, EXTENSIBLE = 0x0001, 0x0003, 0xFFFE

UNKNOWN_SIZE = 0x7FFFF000
"""Programs that write WAV into a pipe put 0xFFFFFFFF, 0, or a value from this on for an unknown
size."""

SLACK_SECONDS = 0.1
"""Tolerance: some programs write a size that is a few samples wrong."""


@dataclass(frozen=True)
class _Format:
    tag: int
    channels: int
    bytes_per_second: int
    block_bytes: int
    bits: int


def wav_lie(path: Path) -> str | None:
    """Describe how a WAV's header contradicts itself or its file; None if it does not, or no WAV.

    Args:
        path: the file.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        riff, riff_size, wave = struct.unpack("<4sI4s", file.read(12).ljust(12, b"\0"))
        if riff not in {b"RIFF", b"RF64"} or wave != b"WAVE":
            return None
        long_size: int | None = None
        format_: _Format | None = None
        while len(head := file.read(8)) == 8:
            name, length = struct.unpack("<4sI", head)
            if name == b"data":
                if length == 0xFFFFFFFF and long_size is not None:
                    length = long_size
                elif _unknown(length) and (_unknown(riff_size) or not length):
                    return _contradiction(format_)
                return _contradiction(format_) or _wrong_size(file, length, size, format_)
            body = file.read(min(length, 64))
            if name == b"ds64" and len(body) >= 16:
                long_size = int(struct.unpack("<Q", body[8:16])[0])
            elif name == b"fmt " and len(body) >= 16:
                format_ = _format(body)
            file.seek(length - len(body) + length % 2, 1)
    return "cut off within its header: there is no sound in it"


def _unknown(length: int) -> bool:
    return length == 0 or length >= UNKNOWN_SIZE


def _format(body: bytes) -> _Format:
    tag, channels, _, per_second, block, bits = struct.unpack("<HHIIHH", body[:16])
    if tag == EXTENSIBLE and len(body) >= 26:
        tag = int(struct.unpack("<H", body[24:26])[0])
    return _Format(tag, channels, per_second, block, bits)


def _contradiction(format_: _Format | None) -> str | None:
    if format_ is None or format_.tag not in {PCM, IEEE_FLOAT}:
        return None
    if format_.block_bytes == format_.channels * ((format_.bits + 7) // 8):
        return None
    return (
        f"its header contradicts itself: {format_.channels} channels of {format_.bits} bits "
        f"in {format_.block_bytes} bytes"
    )


def _wrong_size(file: BinaryIO, length: int, size: int, format_: _Format | None) -> str | None:
    start = file.tell()
    per_second = max(format_.bytes_per_second if format_ else 0, 1)
    if length - (size - start) > SLACK_SECONDS * per_second:
        return (
            f"cut off, or its header lies: it tells of {_amount(length)} of sound "
            f"and {_amount(size - start)} are there"
        )
    beyond = size - start - length
    if beyond > per_second and not _chunks_follow(file, start + length + length % 2, size):
        return (
            f"its header lies: it tells of {_amount(length)} of sound "
            f"and {_amount(size - start)} are there"
        )
    return None


def _chunks_follow(file: BinaryIO, place: int, size: int) -> bool:
    """Whether the bytes at `place` begin like a chunk or tag that may follow the sound."""
    file.seek(place)
    head = file.read(8)
    if head.startswith((b"ID3", b"TAG")) or not head.strip(b"\0"):
        return True
    name, length = struct.unpack("<4sI", head.ljust(8, b"\0"))
    return all(32 <= char < 127 for char in name) and place + 8 + length <= size + 1


def _amount(size_bytes: int) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if size_bytes >= scale:
            return f"{size_bytes / scale:.3g} {unit}"
    return f"{size_bytes} bytes"
