"""The Fréchet distance between two sets of embedded clips, with its interval.

Letters: W rows (windows of all clips), E width of an embedding.
"""

import numpy as np
from numpy.typing import NDArray

from reverie.evaluation.distances.points import Points, Rows
from reverie.evaluation.interval import Interval, bootstrap_interval

RESAMPLES = 100


def frechet(a: Rows, b: Rows) -> float:
    """Return the Fréchet distance of normal distributions fitted to rows [W, E] and [V, E].

    |mean a - mean b|^2 + tr(A + B - 2 (A B)^(1/2)), with A and B the unbiased covariances
    (Dowson & Landau 1982; for audio: Kilgour et al. 2019). With centred rows X and Y the last
    trace is the sum of the singular values of X Y^T, which also holds for fewer rows than
    dimensions.

    Raises:
        ValueError: a set has fewer than two rows.
    """
    if min(len(a), len(b)) < 2:
        raise ValueError("a Fréchet distance needs two rows of each set")
    x, y = _centred(a), _centred(b)
    apart = a.mean(axis=0) - b.mean(axis=0)
    if x.shape[1] <= min(len(x), len(y)):
        # The eigenvalues of A^(1/2) B A^(1/2) are the squared singular values, one per dimension.
        root = _root(x.T @ x)
        squares = np.linalg.eigvalsh(root @ (y.T @ y) @ root)
        together = float(np.sqrt(np.maximum(squares, 0)).sum())
    else:
        together = float(np.linalg.svd(x @ y.T, compute_uv=False).sum())
    spread = float((x**2).sum() + (y**2).sum())
    return max(float(apart @ apart) + spread - 2 * together, 0.0)


def frechet_interval(a: Points, b: Points, rng: np.random.Generator) -> Interval:
    """Return the Fréchet distance of `a` from the reference `b`, with an interval over a's clips.

    The interval is that of the basic bootstrap, which removes the bias of drawing clips twice.
    """
    # The space that the rows span loses nothing and may be far smaller.
    rows, reference = _spanned(a.rows, b.rows)
    value = frechet(rows, reference)

    def distances(counts: NDArray[np.float64]) -> list[float]:
        # Repeat each row as often as its clip was drawn.
        often = counts[:, a.clips].astype(int)
        return [frechet(np.repeat(rows, times, axis=0), reference) for times in often]

    drawn = bootstrap_interval(value, distances, a.count, rng, RESAMPLES)
    if drawn.low is None or drawn.high is None:
        return drawn
    return Interval(value, max(2 * value - drawn.high, 0.0), max(2 * value - drawn.low, 0.0))


def _centred(rows: Rows) -> Rows:
    """Centre and scale rows so that X^T X is the unbiased covariance."""
    return (rows - rows.mean(axis=0)) / np.sqrt(len(rows) - 1)


def _root(covariance: Rows) -> Rows:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def _spanned(a: Rows, b: Rows) -> tuple[Rows, Rows]:
    """Express both sets in an orthonormal basis of the space they span, if that is smaller."""
    if len(a) + len(b) >= a.shape[1]:
        return a, b
    basis, _ = np.linalg.qr(np.concatenate([a, b]).T)
    return a @ basis, b @ basis
