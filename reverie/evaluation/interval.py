"""A figure with the interval in which it would fall with other clips.

Letters: C clips.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reverie.resampling import RESAMPLES, resampled_counts


@dataclass(frozen=True)
class Interval:
    """A figure, and the ends of its 95 % interval; None where there are too few clips for one."""

    value: float
    low: float | None
    high: float | None


def mean_interval(values: Sequence[float], rng: np.random.Generator) -> Interval:
    """The mean of a figure of each clip, by the percentile bootstrap over clips (Efron 1979).

    Raises:
        ValueError: there are no values.
    """
    found = np.asarray(values, np.float64)
    if not len(found):
        raise ValueError("a mean needs a value")
    mean = float(found.mean())
    if len(found) < 2:
        return Interval(mean, None, None)
    draws = resampled_counts(len(found), RESAMPLES, rng) @ found / len(found)
    low, high = np.quantile(draws, [0.025, 0.975])
    return Interval(mean, float(low), float(high))
