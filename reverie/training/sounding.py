"""The part of each recording that sounds, without the silence at its ends."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from reverie.audio.pcm import FULL_SCALE, to_float32
from reverie.corpus.corpus import Corpus, Recording

EXCERPT_SAMPLES = 1 << 20
BLOCK_SECONDS = 0.1
"""Resolution with which silence at the ends of a recording is found."""


def sounding(corpus: Corpus, recording: Recording, below_db: float) -> tuple[int, int]:
    """Where a recording begins and ends to sound, as its first sample and the one after its last.

    Args:
        corpus: it is of.
        recording: one.
        below_db: leave out ends that are so much softer than the whole recording, in units of
            tenths of a second; 0 leaves none out, and all is kept where nothing is louder.
    """
    if not below_db:
        return 0, recording.samples
    pcm, block = corpus.pcm(recording), round(BLOCK_SECONDS * corpus.rate_hz)
    least = FULL_SCALE**2 * 10 ** ((recording.rms_dbfs - below_db) / 10)

    def is_loud(start: int) -> bool:
        return float(np.square(pcm[start : start + block].astype(np.float64)).mean()) >= least

    starts = range(0, recording.samples, block)
    first = next((one for one in starts if is_loud(one)), 0)
    last = next((one for one in reversed(starts) if is_loud(one)), recording.samples)
    return first, min(last + block, recording.samples)


def excerpts(
    corpus: Corpus, recordings: Sequence[Recording], trim_silence_db: float = 0.0
) -> Iterator[Tensor]:
    """All that sounds of `recordings`, in pieces [1, S] that fit in memory."""
    for recording in recordings:
        pcm = corpus.pcm(recording)[slice(*sounding(corpus, recording, trim_silence_db))]
        for first in range(0, len(pcm), EXCERPT_SAMPLES):
            piece = to_float32(pcm[first : first + EXCERPT_SAMPLES])
            yield torch.as_tensor(piece).unsqueeze(0)
