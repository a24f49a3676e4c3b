"""Write a WAV file as samples arrive; past 4 GB it becomes an RF64.

libsndfile writes the time into a float WAV and must choose RF64 in advance, so this module writes
the header itself: RIFF, a JUNK chunk that reserves space for RF64's `ds64`, fmt, fact, data (EBU
Tech 3306, section 4). Chunks with tags
follow the samples.
"""

import struct
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reverie.audio.tags import Tags
from reverie.audio.writing.riff_chunks import tag_chunks

PCM, IEEE_FLOAT = 1, 3
LARGEST_RIFF_BYTES = 0xFFFFFFFF

WavSubtype = Literal["PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"]

_STORED: dict[WavSubtype, tuple[int, int, str]] = {
    "PCM_16": (PCM, 2, "<i2"),
    "PCM_24": (PCM, 3, "<i4"),
    "PCM_32": (PCM, 4, "<i4"),
    "FLOAT": (IEEE_FLOAT, 4, "<f4"),
    "DOUBLE": (IEEE_FLOAT, 8, "<f8"),
}
"""Format tag, bytes of a stored sample, and the samples' type; 24 bits are the upper ones of 32."""


def header(
    rate_hz: int,
    sample_bytes: int,
    tag: int,
    samples: int,
    channels: int = 1,
    chunk_bytes: int = 0,
) -> bytes:
    """Return everything before the first sample of a file of `samples` samples a channel, which
    `chunk_bytes` of other chunks follow."""
    block_bytes = channels * sample_bytes
    data_bytes = samples * block_bytes
    fmt = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, tag, channels, rate_hz, rate_hz * block_bytes, block_bytes,
        8 * sample_bytes,
    )  # fmt: skip
    counted = min(samples, LARGEST_RIFF_BYTES)
    fact = struct.pack("<4sII", b"fact", 4, counted) if tag == IEEE_FLOAT else b""
    # RIFF's size excludes its own 8 bytes: WAVE, a 36-byte JUNK or ds64, fmt, fact, data, others.
    riff_bytes = 4 + 36 + len(fmt) + len(fact) + 8 + data_bytes + data_bytes % 2 + chunk_bytes
    if riff_bytes <= LARGEST_RIFF_BYTES:
        start = struct.pack("<4sI4s4sI28x", b"RIFF", riff_bytes, b"WAVE", b"JUNK", 28)
        return start + fmt + fact + struct.pack("<4sI", b"data", data_bytes)
    start = struct.pack(
        "<4sI4s4sIQQQI", b"RF64", LARGEST_RIFF_BYTES, b"WAVE", b"ds64", 28, riff_bytes, data_bytes,
        samples, 0,
    )  # fmt: skip
    return start + fmt + fact + struct.pack("<4sI", b"data", LARGEST_RIFF_BYTES)


def endless_header(rate_hz: int, sample_bytes: int, channels: int) -> bytes:
    """Return the header of whole-number samples whose end is not known: its sizes are the largest.

    It has no other chunk, since simple readers of streams know none.
    """
    block_bytes = channels * sample_bytes
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", LARGEST_RIFF_BYTES, b"WAVE", b"fmt ", 16, PCM, channels,
        rate_hz, rate_hz * block_bytes, block_bytes, 8 * sample_bytes, b"data", LARGEST_RIFF_BYTES,
    )  # fmt: skip


class WavFile:
    """A WAV file open for writing.

    Args:
        path: of the file.
        rate_hz: samples per second.
        subtype: how samples are stored.
        channels: C.
        tags: what the file says of itself, in chunks after the samples.
    """

    def __init__(
        self,
        path: Path,
        rate_hz: int,
        subtype: WavSubtype,
        channels: int = 1,
        tags: Tags | None = None,
    ) -> None:
        self._tag, self._sample_bytes, self._type = _STORED[subtype]
        self._rate_hz, self._channels, self._samples = rate_hz, channels, 0
        self._chunks = tag_chunks(tags) if tags else b""
        self._handle = path.open("wb")
        self._handle.write(self._header())

    def write(self, samples: NDArray[Any]) -> None:
        """Append samples [n, C] of the subtype's numpy type."""
        stored = np.ascontiguousarray(samples, self._type)
        if self._sample_bytes < stored.itemsize:
            stored = stored.view(np.uint8).reshape(-1, stored.itemsize)[:, -self._sample_bytes :]
        self._handle.write(stored.tobytes())
        self._samples += len(samples)

    def close(self) -> None:
        """Complete the header with the length, and close the file."""
        with self._handle:
            if self._samples * self._channels * self._sample_bytes % 2:
                self._handle.write(b"\0")
            self._handle.write(self._chunks)
            self._handle.seek(0)
            self._handle.write(self._header())

    def _header(self) -> bytes:
        return header(
            self._rate_hz,
            self._sample_bytes,
            self._tag,
            self._samples,
            self._channels,
            len(self._chunks),
        )
