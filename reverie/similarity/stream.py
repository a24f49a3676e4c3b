"""Stream recordings, piece by piece, past searches that look for clips in them.

Clips wait and recordings stream past, so memory grows with the clips and not with the recordings.
Letters: S samples.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32
from reverie.progress import ProgressBar

PIECE_SECONDS = 120.0
OVERLAP_SECONDS = 12.0
"""Of pieces; what is longer and looked for across their ends is found in parts."""

RecordingT_contra = TypeVar("RecordingT_contra", contravariant=True)
RecordingT = TypeVar("RecordingT")


class SampleSource(Protocol[RecordingT_contra]):
    """Where the samples of recordings are read, all at one rate: a corpus is one."""

    rate_hz: int

    def pcm(self, recording: RecordingT_contra, /) -> NDArray[np.int16]:
        """Samples of a recording, int16 [S], 32768 standing for 1.0; a view costs no memory."""
        ...


class Search(Protocol):
    """Clips that wait for recordings to be compared with."""

    def consume(self, recording: int, start_seconds: float, wave: NDArray[np.float32]) -> None:
        """Compare every clip with samples [S] of a recording, which begin at `start_seconds`."""
        ...


@dataclass(frozen=True)
class Excerpt:
    """A stretch of a recording; `recording` is its place among those it was cut from."""

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
    """Let each of `searches` consume every recording once, piece by piece.

    Args:
        searches: told each recording's place among `recordings`.
        source: where the samples are read.
        recordings: in the order in which they stream past.
        title: what the progress says is being done with the training recordings.
        quiet: show no progress.
    """
    with ProgressBar(title, len(recordings), "training recordings", quiet=quiet) as work:
        for piece in pieces(source, recordings):
            for search in searches:
                search.consume(piece.recording, piece.start_seconds, piece.wave)
            work.advance(piece.recording - work.done)


def pieces(source: SampleSource[RecordingT], recordings: Sequence[RecordingT]) -> Iterator[Excerpt]:
    """Every recording in pieces of two minutes that overlap, so that memory stays flat."""
    rate = source.rate_hz
    step, overlap = round(PIECE_SECONDS * rate), round(OVERLAP_SECONDS * rate)
    for place, recording in enumerate(recordings):
        pcm = source.pcm(recording)
        for start in range(0, max(len(pcm) - overlap, 1), step):
            yield Excerpt(place, start / rate, to_float32(pcm[start : start + step + overlap]))
