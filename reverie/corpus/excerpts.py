"""Stretches of a corpus: pieces to stream through, and clips of real music to compare with.

Letters: S samples.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.audio.spectrogram import as_float
from reverie.corpus.corpus import Corpus, Recording

PIECE_SECONDS = 120.0


@dataclass(frozen=True)
class Excerpt:
    """A stretch of a recording; `recording` is its place among those it was cut from."""

    recording: int
    start_seconds: float
    wave: NDArray[np.float32]


def pieces(
    corpus: Corpus, recordings: Sequence[Recording], overlap_seconds: float
) -> Iterator[Excerpt]:
    """Every recording in pieces of two minutes that overlap, so that memory stays flat."""
    rate = corpus.rate_hz
    step, overlap = round(PIECE_SECONDS * rate), round(overlap_seconds * rate)
    for place, one in enumerate(recordings):
        pcm = corpus.pcm(one)
        for start in range(0, max(len(pcm) - overlap, 1), step):
            yield Excerpt(place, start / rate, as_float(pcm[start : start + step + overlap]))


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
    ends = np.cumsum(room)
    places: NDArray[np.float64] = (np.arange(min(count, total)) + 0.5) * total / min(count, total)
    for at in places.tolist():
        place = int(np.searchsorted(ends, at, "right"))
        start = int(at - (ends[place] - room[place]))
        wave = as_float(corpus.pcm(recordings[place])[start : start + size])
        found.append(Excerpt(place, start / rate, wave))
    return found
