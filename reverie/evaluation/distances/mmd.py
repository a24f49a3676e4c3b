"""The maximum mean discrepancy between two sets of embedded clips, with its interval.

Letters: C clips, W rows (windows of all clips), E width of an embedding, R resamples.
"""

import numpy as np
from numpy.typing import NDArray

from reverie.evaluation.distances.points import Points, Rows, squared_distances
from reverie.evaluation.interval import Interval, bootstrap_interval

RESAMPLES = 1000
SCALE = 100.0
"""Factor on squared discrepancies, as in KAD, for readable numbers."""


def mmd(a: Rows, b: Rows, bandwidth: float) -> float:
    """Return the unbiased squared MMD of rows [W, E] and [V, E] with a Gaussian kernel.

    Gretton et al. 2012, equation 3; for audio: Chung et al. 2025 (KAD). It may be negative.

    Raises:
        ValueError: a set has fewer than two rows.
    """
    if min(len(a), len(b)) < 2:
        raise ValueError("a discrepancy needs two rows of each set")
    each = np.arange(len(a)), np.arange(len(b))
    return _weighted_mmd(a, b, each, np.ones((1, len(a))), np.ones(len(b)), bandwidth)[0]


def mmd_interval(a: Points, b: Points, rng: np.random.Generator) -> Interval:
    """Return 100 times the discrepancy of `a` from the reference `b`, with an interval over a's
    clips.

    Pairs of rows within one clip are left out, because windows of one clip are not independent.
    The kernel's bandwidth is the median distance within the reference.
    """
    bandwidth = median_distance(b.rows)
    ones = np.ones((1, a.count))
    reference = np.ones(b.count)

    def discrepancies(counts: NDArray[np.float64]) -> NDArray[np.float64]:
        return SCALE * _weighted_mmd(
            a.rows, b.rows, (a.clips, b.clips), counts, reference, bandwidth
        )

    value = float(discrepancies(ones)[0])
    if a.count < 3:
        return Interval(value, None, None)
    return bootstrap_interval(value, discrepancies, a.count, rng, RESAMPLES)


def discrepancy(a: Points, b: Points) -> float:
    """Return the value of `mmd_interval` alone."""
    counts = np.ones((1, a.count)), np.ones(b.count)
    bandwidth = median_distance(b.rows)
    return SCALE * float(_weighted_mmd(a.rows, b.rows, (a.clips, b.clips), *counts, bandwidth)[0])


def median_distance(rows: Rows) -> float:
    """Return the median distance between different rows [W, E]; 1 if all rows are equal."""
    squares = squared_distances(rows, rows)[np.triu_indices(len(rows), 1)]
    distances = float(np.sqrt(np.median(squares))) if len(squares) else 0.0
    return distances or 1.0


def _weighted_mmd(
    a: Rows,
    b: Rows,
    clips: tuple[NDArray[np.int64], NDArray[np.int64]],
    counts_a: NDArray[np.float64],
    counts_b: NDArray[np.float64],
    bandwidth: float,
) -> NDArray[np.float64]:
    """Return the discrepancy if clips count `counts_a` [R, C] and `counts_b` [C] times: [R]."""
    weight_a = counts_a[:, clips[0]]
    weight_b = counts_b[clips[1]]

    def kernel(x: Rows, y: Rows) -> NDArray[np.float64]:
        return np.exp(-squared_distances(x, y) / (2 * bandwidth**2))

    def within(rows: Rows, of: NDArray[np.int64], weight: NDArray[np.float64]) -> Rows:
        apart = (of[:, None] != of[None, :]).astype(np.float64)
        total = ((weight @ (kernel(rows, rows) * apart)) * weight).sum(axis=1)
        pairs = ((weight @ apart) * weight).sum(axis=1)
        return total / np.where(pairs > 0, pairs, np.nan)

    between = (weight_a @ kernel(a, b)) @ weight_b
    between = between / (weight_a.sum(axis=1) * weight_b.sum())
    return within(a, clips[0], weight_a) + within(b, clips[1], weight_b[None, :]) - 2 * between
