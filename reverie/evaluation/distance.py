"""Distances between two sets of embedded clips, and how sure they are.

Letters: C clips, W rows (windows of all clips), E width of an embedding, R resamples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.evaluation.interval import Interval
from reverie.resampling import resampled_counts

FRECHET_RESAMPLES = 100
MMD_RESAMPLES = 1000
MMD_SCALE = 100.0
"""By which squared discrepancies are multiplied, as KAD does, to be readable."""

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Points:
    """The embeddings of a system's clips: `rows` [W, E], and of which clip each is, [W]."""

    rows: Rows
    clips: NDArray[np.int64]

    @classmethod
    def of(cls, embedded: Sequence[NDArray[np.float32]]) -> "Points":
        """From the rows [W, E] of each clip."""
        owners = np.repeat(np.arange(len(embedded)), [len(one) for one in embedded])
        return cls(np.concatenate(embedded).astype(np.float64), owners)

    @property
    def count(self) -> int:
        """C."""
        return int(self.clips[-1]) + 1


def frechet(a: Rows, b: Rows) -> float:
    """Fréchet distance of two normal distributions fitted to rows [W, E] and [V, E].

    |mean a - mean b|^2 + tr(A + B - 2 (A B)^(1/2)), with A and B the unbiased covariances
    (Dowson & Landau 1982; of audio: Kilgour et al. 2019). With centred rows X and Y the last
    trace is the sum of the singular values of X Y^T, so fewer rows than dimensions do no harm.

    Raises:
        ValueError: a set has fewer than two rows.
    """
    if min(len(a), len(b)) < 2:
        raise ValueError("a Fréchet distance needs two rows of each set")
    x, y = _centred(a), _centred(b)
    apart = a.mean(axis=0) - b.mean(axis=0)
    if x.shape[1] <= min(len(x), len(y)):
        # As many eigenvalues as dimensions: those of A^(1/2) B A^(1/2), squared singular values.
        root = _root(x.T @ x)
        squares = np.linalg.eigvalsh(root @ (y.T @ y) @ root)
        together = float(np.sqrt(np.maximum(squares, 0)).sum())
    else:
        together = float(np.linalg.svd(x @ y.T, compute_uv=False).sum())
    spread = float((x**2).sum() + (y**2).sum())
    return max(float(apart @ apart) + spread - 2 * together, 0.0)


def frechet_interval(a: Points, b: Points, rng: np.random.Generator) -> Interval:
    """The Fréchet distance of `a` from the reference `b`, with an interval over a's clips.

    The interval is the basic bootstrap's, which takes out the bias that drawing clips twice adds.
    """
    # Nothing is lost in the space that the rows span, and it may be far smaller.
    rows, reference = _spanned(a.rows, b.rows)
    value = frechet(rows, reference)
    if a.count < 2:
        return Interval(value, None, None)
    of_clip = [np.flatnonzero(a.clips == clip) for clip in range(a.count)]
    draws: list[float] = []
    for _ in range(FRECHET_RESAMPLES):
        chosen: list[int] = rng.integers(0, a.count, a.count).tolist()
        drawn = np.concatenate([of_clip[one] for one in chosen])
        draws.append(frechet(rows[drawn], reference))
    low, high = np.quantile(draws, [0.025, 0.975])
    return Interval(value, max(2 * value - float(high), 0.0), max(2 * value - float(low), 0.0))


def mmd(a: Rows, b: Rows, bandwidth: float) -> float:
    """Unbiased squared maximum mean discrepancy of rows [W, E] and [V, E], Gaussian kernel.

    Gretton et al. 2012, equation 3; of audio: Chung et al. 2025 (KAD). It may be negative.

    Raises:
        ValueError: a set has fewer than two rows.
    """
    if min(len(a), len(b)) < 2:
        raise ValueError("a discrepancy needs two rows of each set")
    each = np.arange(len(a)), np.arange(len(b))
    return _weighted_mmd(a, b, each, np.ones((1, len(a))), np.ones(len(b)), bandwidth)[0]


def mmd_interval(a: Points, b: Points, rng: np.random.Generator) -> Interval:
    """The discrepancy of `a` from the reference `b`, times 100, with an interval over a's clips.

    Pairs within one clip are left out, as pairs of a row with itself are: windows of one clip are
    not independent. The kernel's bandwidth is the median distance within the reference.
    """
    bandwidth = median_distance(b.rows)
    ones = np.ones((1, a.count))
    reference = np.ones(b.count)

    def found(counts: NDArray[np.float64]) -> NDArray[np.float64]:
        return MMD_SCALE * _weighted_mmd(
            a.rows, b.rows, (a.clips, b.clips), counts, reference, bandwidth
        )

    value = float(found(ones)[0])
    if a.count < 3:
        return Interval(value, None, None)
    draws = found(resampled_counts(a.count, MMD_RESAMPLES, rng))
    low, high = np.nanquantile(draws, [0.025, 0.975])
    return Interval(value, float(low), float(high))


def median_distance(rows: Rows) -> float:
    """Median distance between different rows [W, E]; 1 where all are the same."""
    squares = _squared_distances(rows, rows)[np.triu_indices(len(rows), 1)]
    found = float(np.sqrt(np.median(squares))) if len(squares) else 0.0
    return found or 1.0


def diversity(points: Points) -> float:
    """Mean distance between rows of different clips; 0 where there is one clip only."""
    apart = points.clips[:, None] != points.clips[None, :]
    if not apart.any():
        return 0.0
    return float(np.sqrt(_squared_distances(points.rows, points.rows))[apart].mean())


def _weighted_mmd(
    a: Rows,
    b: Rows,
    clips: tuple[NDArray[np.int64], NDArray[np.int64]],
    counts_a: NDArray[np.float64],
    counts_b: NDArray[np.float64],
    bandwidth: float,
) -> NDArray[np.float64]:
    """The discrepancy with clips counted `counts_a` [R, C] times: [R]."""
    weight_a = counts_a[:, clips[0]]
    weight_b = counts_b[clips[1]]

    def kernel(x: Rows, y: Rows) -> NDArray[np.float64]:
        return np.exp(-_squared_distances(x, y) / (2 * bandwidth**2))

    def within(rows: Rows, of: NDArray[np.int64], weight: NDArray[np.float64]) -> Rows:
        apart = (of[:, None] != of[None, :]).astype(np.float64)
        total = ((weight @ (kernel(rows, rows) * apart)) * weight).sum(axis=1)
        pairs = ((weight @ apart) * weight).sum(axis=1)
        return total / np.where(pairs > 0, pairs, np.nan)

    between = (weight_a @ kernel(a, b)) @ weight_b
    between = between / (weight_a.sum(axis=1) * weight_b.sum())
    return within(a, clips[0], weight_a) + within(b, clips[1], weight_b[None, :]) - 2 * between


def _squared_distances(x: Rows, y: Rows) -> Rows:
    squares = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1)[None, :] - 2 * x @ y.T
    return np.maximum(squares, 0.0)


def _centred(rows: Rows) -> Rows:
    """Rows less their mean, such that their products are the unbiased covariance."""
    return (rows - rows.mean(axis=0)) / np.sqrt(len(rows) - 1)


def _root(covariance: Rows) -> Rows:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def _spanned(a: Rows, b: Rows) -> tuple[Rows, Rows]:
    """Both sets in an orthonormal basis of the space they span, if that is smaller."""
    if len(a) + len(b) >= a.shape[1]:
        return a, b
    basis, _ = np.linalg.qr(np.concatenate([a, b]).T)
    return a @ basis, b @ basis
