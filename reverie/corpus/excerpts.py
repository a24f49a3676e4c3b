"""Cut excerpts of a corpus: real music to compare clips with."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32
from reverie.corpus.corpus import Corpus, Recording
from reverie.corpus.recordings import Recordings
from reverie.corpus.sample import Stretch, spread_evenly
from reverie.similarity.stream import Excerpt


def cut_evenly(
    corpus: Corpus, recordings: Sequence[Recording], seconds: float, count: int
) -> list[Excerpt]:
    """Cut at most `count` excerpts of `seconds` each, spread evenly over the recordings.

    They overlap only if there is too little music; shorter recordings are left out.
    """
    rate, size = corpus.rate_hz, round(seconds * corpus.rate_hz)
    return [
        Excerpt(
            one.recording, one.start / rate, cut(corpus, recordings[one.recording], one.start, size)
        )
        for one in place_evenly(recordings, size, count)
    ]


def place_evenly(recordings: Sequence[Recording], size: int, count: int) -> list[Stretch]:
    """Place the excerpts of `cut_evenly`, of `size` samples each, without reading any."""
    lengths = (
        recordings.column("samples")
        if isinstance(recordings, Recordings)
        else np.array([one.samples for one in recordings], np.int64)
    )
    return spread_evenly(np.zeros_like(lengths), lengths, size, count)


def cut(corpus: Corpus, recording: Recording, start: int, size: int) -> NDArray[np.float32]:
    """Return `size` samples of the mono mix from sample `start` on, as floats."""
    return to_float32(corpus.mono(recording)[start : start + size])
