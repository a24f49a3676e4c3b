"""Stream recordings piece by piece through searches that look for clips in them.

Searches hold the clips in memory and read the recordings once, so memory grows with the clips.
Letters: S samples.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32
from reverie.audio.stft import Wave
from reverie.progress import ProgressBar

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


class Search(Protocol):
    """A search for clips in recordings."""

    def consume(self, recording: int, start_seconds: float, wave: NDArray[np.float32]) -> None:
        """Compare every clip with samples [S] of a recording, which begin at `start_seconds`."""
        ...


@dataclass(frozen=True)
class Excerpt:
    """A stretch of a recording; `recording` is its index in the list it was cut from."""

    recording: int
    start_seconds: float
    wave: NDArray[np.float32]


def stream_past(
    searches: Sequence[Search],
    source: SampleSource[RecordingT],
    recordings: Sequence[RecordingT],
    title: str,
    *,
    quiet: bool = False,
) -> None:
    """Feed every recording once to each of `searches`, piece by piece.

    Args:
        searches: receive each recording's index in `recordings`.
        source: of the samples.
        recordings: in the order in which they are read.
        title: of the progress bar.
        quiet: show no progress.
    """
    with ProgressBar(title, len(recordings), "training recordings", quiet=quiet) as work:
        for piece in pieces(source, recordings):
            for search in searches:
                search.consume(piece.recording, piece.start_seconds, piece.wave)
            work.advance(piece.recording - work.done)


def pieces(source: SampleSource[RecordingT], recordings: Sequence[RecordingT]) -> Iterator[Excerpt]:
    """Yield every recording in overlapping pieces of two minutes, so that memory stays constant."""
    rate = source.rate_hz
    step, overlap = round(PIECE_SECONDS * rate), round(OVERLAP_SECONDS * rate)
    for place, recording in enumerate(recordings):
        wave = source.mono(recording)
        for start in range(0, max(len(wave) - overlap, 1), step):
            yield Excerpt(place, start / rate, to_float32(wave[start : start + step + overlap]))
