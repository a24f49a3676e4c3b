"""A mono WAV file written as its samples come; past 4 GB it turns into an RF64 by itself.

libsndfile stamps a float WAV with the time and cannot change its mind about RF64, so the header
is written here: RIFF, a JUNK chunk that holds the place of RF64's `ds64`, fmt, fact, data
(EBU Tech 3306, section 4).
"""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PCM, IEEE_FLOAT = 1, 3
LARGEST_RIFF_BYTES = 0xFFFFFFFF


def header(rate_hz: int, sample_bytes: int, tag: int, samples: int) -> bytes:
    """Everything before the first sample of a mono file of `samples` samples."""
    data_bytes = samples * sample_bytes
    fmt = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, tag, 1, rate_hz, rate_hz * sample_bytes, sample_bytes,
        8 * sample_bytes,
    )  # fmt: skip
    counted = min(samples, LARGEST_RIFF_BYTES)
    fact = struct.pack("<4sII", b"fact", 4, counted) if tag == IEEE_FLOAT else b""
    # RIFF counts what follows its own 8 bytes: WAVE, a 36-byte JUNK or ds64, fmt, fact, data.
    riff_bytes = 4 + 36 + len(fmt) + len(fact) + 8 + data_bytes + data_bytes % 2
    if riff_bytes <= LARGEST_RIFF_BYTES:
        start = struct.pack("<4sI4s4sI28x", b"RIFF", riff_bytes, b"WAVE", b"JUNK", 28)
        return start + fmt + fact + struct.pack("<4sI", b"data", data_bytes)
    start = struct.pack(
        "<4sI4s4sIQQQI", b"RF64", LARGEST_RIFF_BYTES, b"WAVE", b"ds64", 28, riff_bytes, data_bytes,
        samples, 0,
    )  # fmt: skip
    return start + fmt + fact + struct.pack("<4sI", b"data", LARGEST_RIFF_BYTES)


class WavFile:
    """A WAV file open for writing.

    Args:
        path: where to.
        rate_hz: samples per second.
        kind: `int16` or `float32`, the type of the samples that will be written.
    """

    def __init__(self, path: Path, rate_hz: int, kind: type[np.int16 | np.float32]) -> None:
        self._type = np.dtype(kind).newbyteorder("<")
        self._tag = IEEE_FLOAT if kind is np.float32 else PCM
        self._rate_hz, self._samples = rate_hz, 0
        self._handle = path.open("wb")
        self._handle.write(self._header())

    def write(self, samples: NDArray[np.int16] | NDArray[np.float32]) -> None:
        """Append samples [n] of the file's own type."""
        self._handle.write(samples.astype(self._type, copy=False).tobytes())
        self._samples += len(samples)

    def close(self) -> None:
        """Complete the header, which only now knows the length."""
        with self._handle:
            self._handle.seek(0)
            self._handle.write(self._header())

    def _header(self) -> bytes:
        return header(self._rate_hz, self._type.itemsize, self._tag, self._samples)
