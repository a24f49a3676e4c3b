"""Compute intervals of figures over clips by the bootstrap.

Letters: C clips, R resamples.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtrc

from reverie.resampling import RESAMPLES, resampled_counts


@dataclass(frozen=True)
class Interval:
    """A figure and the ends of its 95 % interval, which are None with too few clips."""

    value: float
    low: float | None
    high: float | None


def bootstrap_interval(
    value: float,
    statistic: Callable[[NDArray[np.float64]], ArrayLike],
    clips: int,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Interval:
    """Return the interval of a figure by the percentile bootstrap over clips (Efron 1979).

    Args:
        value: the figure of the actual clips.
        statistic: returns the figure [R] of clips that count [R, C] times; NaN if undefined.
        clips: C; fewer than two give no interval.
        rng: draws the resamples.
        resamples: R.
    """
    if clips < 2:
        return Interval(value, None, None)
    draws = np.asarray(statistic(resampled_counts(clips, resamples, rng)))
    low, high = np.nanquantile(draws, [0.025, 0.975])
    return Interval(value, float(low), float(high))


def mean_interval(values: Sequence[float], rng: np.random.Generator) -> Interval:
    """Return the mean of a figure over clips, and its interval.

    Raises:
        ValueError: there are no values.
    """
    of_clips = np.asarray(values, np.float64)
    count = len(of_clips)
    if not count:
        raise ValueError("a mean needs a value")
    return bootstrap_interval(
        float(of_clips.mean()), lambda counts: counts @ of_clips / count, count, rng
    )


def binomial_tail(least: int, trials: int, chance: float) -> float:
    """Return the probability of `least` successes or more in `trials`, each with `chance`."""
    return float(bdtrc(least - 1, trials, chance))
