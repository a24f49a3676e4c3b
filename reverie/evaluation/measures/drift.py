"""Measure how far a clip's timbre drifts from its prompt, second by second.

Letters: S samples, N seconds, E figures of a second.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from reverie.evaluation.measures.mel import HOP_SAMPLES, RATE_HZ, cepstra

COEFFICIENTS = 13


def second_timbres(wave: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return mean and deviation of 13 cepstral coefficients in each second of samples [S] at 16
    kHz.

    Returns:
        [N, E], E = 26.
    """
    seconds = len(wave) // RATE_HZ
    if not seconds:
        return np.empty((0, 2 * COEFFICIENTS))
    columns = cepstra(wave[: seconds * RATE_HZ], COEFFICIENTS)
    edges = np.arange(seconds + 1) * RATE_HZ // HOP_SAMPLES
    spans = [columns[begin:end] for begin, end in pairwise(edges)]
    timbres = [np.concatenate([span.mean(axis=0), span.std(axis=0)]) for span in spans]
    return np.array(timbres, np.float64)


def drift(
    prompts: Sequence[NDArray[np.float32]],
    clips: Sequence[NDArray[np.float32]],
    spread: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the distance of each second of each clip from the mean of its prompt.

    Args:
        prompts: samples [S] at 16 kHz of each clip's prompt, at least a second.
        clips: samples [S] at 16 kHz.
        spread: [E], the standard deviation of each figure over the seconds of real music.

    Returns:
        [clips, N], root mean square over the figures, in units of `spread`; N is that of the
        longest clip, and NaN fills the ends of shorter ones.
    """
    rows: list[NDArray[np.float64]] = []
    for prompt, clip in zip(prompts, clips, strict=True):
        apart = (second_timbres(clip) - second_timbres(prompt).mean(axis=0)) / spread
        rows.append(np.sqrt((apart**2).mean(axis=1)))
    found = np.full((len(rows), max((len(one) for one in rows), default=0)), np.nan)
    for row, one in zip(found, rows, strict=True):
        row[: len(one)] = one
    return found
