"""Stretches of a corpus: pieces to stream through, and clips of real music to compare with.

Letters: S samples.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32
from reverie.corpus.corpus import Corpus, Recording
from reverie.progress import Work

PIECE_SECONDS = 120.0
OVERLAP_SECONDS = 12.0
"""Of pieces; what is longer and looked for across their ends is found in parts."""


@dataclass(frozen=True)
class Excerpt:
    """A stretch of a recording; `recording` is its place among those it was cut from."""

    recording: int
    start_seconds: float
    wave: NDArray[np.float32]


class Search(Protocol):
    """Clips that wait for recordings to be compared with."""

    def hear(self, recording: int, start_seconds: float, wave: NDArray[np.float32]) -> None:
        """Compare every clip with samples [S] of a recording, which begin at `start_seconds`."""
        ...


def hear_training(
    searches: Sequence[Search], corpus: Corpus, title: str, *, quiet: bool = False
) -> None:
    """Let `searches` hear every training recording once, piece by piece; `title` says why."""
    training = corpus.of_split("train")
    with Work(title, len(training), "training recordings", quiet=quiet) as work:
        for piece in pieces(corpus, training):
            for search in searches:
                search.hear(piece.recording, piece.start_seconds, piece.wave)
            work.advance(piece.recording - work.done)


def pieces(corpus: Corpus, recordings: Sequence[Recording]) -> Iterator[Excerpt]:
    """Every recording in pieces of two minutes that overlap, so that memory stays flat."""
    rate = corpus.rate_hz
    step, overlap = round(PIECE_SECONDS * rate), round(OVERLAP_SECONDS * rate)
    for place, one in enumerate(recordings):
        pcm = corpus.pcm(one)
        for start in range(0, max(len(pcm) - overlap, 1), step):
            yield Excerpt(place, start / rate, to_float32(pcm[start : start + step + overlap]))


def cut_evenly(
    corpus: Corpus, recordings: Sequence[Recording], seconds: float, count: int
) -> list[Excerpt]:
    """At most `count` excerpts of `seconds` each, spread evenly over the recordings.

    They overlap only where there is too little music; a recording shorter than one is left out.
    """
    rate, size = corpus.rate_hz, round(seconds * corpus.rate_hz)
    room = [max(one.samples - size + 1, 0) for one in recordings]
    total = sum(room)
    found: list[Excerpt] = []
    if not total:
        return found
    ends = list(accumulate(room))
    wanted = min(count, total)
    for number in range(wanted):
        at = (2 * number + 1) * total // (2 * wanted)
        place = bisect_right(ends, at)
        start = at - (ends[place] - room[place])
        wave = to_float32(corpus.pcm(recordings[place])[start : start + size])
        found.append(Excerpt(place, start / rate, wave))
    return found
