"""Read recordings piece by piece, so that what is measured of them takes little memory.

Letters: S samples.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32
from reverie.audio.stft import Wave

PIECE_SECONDS = 120.0
OVERLAP_SECONDS = 12.0
"""Overlap of pieces; a longer match across the end of a piece is found in parts."""

RecordingT_contra = TypeVar("RecordingT_contra", contravariant=True)
RecordingT = TypeVar("RecordingT")


class SampleSource(Protocol[RecordingT_contra]):
    """A source of recordings' samples, all at one rate, such as a corpus."""

    rate_hz: int

    def mono(self, recording: RecordingT_contra, /) -> Wave:
        """Return the mono mix of a recording, [S], which is read in spans."""
        ...


@dataclass(frozen=True)
class Excerpt:
    """A stretch of a recording; `recording` is its index in the list it was cut from."""

    recording: int
    start_seconds: float
    wave: NDArray[np.float32]


def pieces(source: SampleSource[RecordingT], recordings: Sequence[RecordingT]) -> Iterator[Excerpt]:
    """Yield every recording in overlapping pieces of two minutes, so that memory stays constant."""
    rate = source.rate_hz
    step, overlap = round(PIECE_SECONDS * rate), round(OVERLAP_SECONDS * rate)
    for place, recording in enumerate(recordings):
        wave = source.mono(recording)
        for start in range(0, max(len(wave) - overlap, 1), step):
            yield Excerpt(place, start / rate, to_float32(wave[start : start + step + overlap]))
