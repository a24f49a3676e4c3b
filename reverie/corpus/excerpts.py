"""Cut excerpts of a corpus: real music to compare clips with."""

from collections.abc import Sequence

import numpy as np

from reverie.audio.pcm import to_float32
from reverie.corpus.corpus import Corpus, Recording
from reverie.corpus.recordings import Recordings
from reverie.corpus.sample import spread_evenly
from reverie.similarity.stream import Excerpt


def cut_evenly(
    corpus: Corpus, recordings: Sequence[Recording], seconds: float, count: int
) -> list[Excerpt]:
    """Cut at most `count` excerpts of `seconds` each, spread evenly over the recordings.

    They overlap only if there is too little music; shorter recordings are left out.
    """
    rate, size = corpus.rate_hz, round(seconds * corpus.rate_hz)
    lengths = (
        recordings.column("samples")
        if isinstance(recordings, Recordings)
        else np.array([one.samples for one in recordings], np.int64)
    )
    return [
        Excerpt(
            one.recording,
            one.start / rate,
            to_float32(corpus.mono(recordings[one.recording])[one.start : one.start + size]),
        )
        for one in spread_evenly(np.zeros_like(lengths), lengths, size, count)
    ]
