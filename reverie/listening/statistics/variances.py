"""Estimate the variance of a mean score, or of a difference of two, over listeners and clips.

Letters: P participants, K clips of a system.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SMALL = 1e-9


@dataclass(frozen=True)
class Parts:
    """The mean of a system, and the components of its variance."""

    mean: float
    ratings: float
    heard: NDArray[np.float64]
    """Number of clips that each participant rated: [P]."""
    sums: NDArray[np.float64]
    """Sum of each participant's scores less the mean: [P]."""
    clips: int
    people: float
    """Contributions of participants, clips and the residual to the variance of the mean."""
    by_clip: float
    residual: float


@dataclass(frozen=True)
class CrossedVariance:
    """The variance of a mean, or of a difference of two, over participants and clips at once."""

    variance: float
    degrees_of_freedom: float
    """Satterthwaite's degrees of freedom of its mean squares."""
    larger_degrees_of_freedom: float
    """Degrees of freedom of the larger of the two one-way variances."""


def crossed_variance(systems: Sequence[Parts], people: int) -> CrossedVariance | None:
    """Compute participants + clips - cells (Cameron, Gelbach and Miller 2011), each unbiased.

    It is never below the larger of the two one-way variances.

    Args:
        systems: one system for its mean, or two for their difference.
        people: P, the number of participants who rated any of them.

    Returns:
        None if participants, clips or scores do not vary.
    """
    if people < 2 or any(system.clips < 2 for system in systems):
        return None
    cells = sum(system.residual for system in systems)
    shared = 2 * _covariance(systems[0], systems[1]) if len(systems) == 2 else 0.0
    by_people = max(sum(system.people for system in systems) - shared + cells, 0.0)
    by_clips = max(sum(system.by_clip for system in systems) + cells, 0.0)
    variance = max(by_people + by_clips - cells, by_people, by_clips)
    if variance < SMALL**2:
        return None
    squares = by_people**2 / (people - 1) + sum(
        (max(system.by_clip, 0.0) + system.residual) ** 2 / (system.clips - 1) for system in systems
    )
    of_clips = sum(system.clips for system in systems) - len(systems)
    larger = float(people - 1 if by_people > by_clips else of_clips)
    return CrossedVariance(variance, variance**2 / squares if squares > 0 else larger, larger)


def parts(scores: NDArray[np.float64]) -> Parts:
    """Estimate three variances from the sums of squares by participant, by clip and by cell.

    Each sum's expectation is linear in the three variances; the coefficients are the squared
    entries of (incidence of one factor)' (centring) (incidence of the other), summed.
    """
    cells = np.isfinite(scores).astype(np.float64)
    count = float(cells.sum())
    mean = float(np.nansum(scores)) / count
    centred = np.where(cells > 0, scores - mean, 0.0)
    heard, hearers = cells.sum(axis=1), cells.sum(axis=0)
    sums, clip_sums = centred.sum(axis=1), centred.sum(axis=0)
    people2, clips2 = float(heard @ heard), float(hearers @ hearers)
    crossed = count - 2 * float(heard @ cells @ hearers) / count + people2 * clips2 / count**2
    coefficients = np.array(
        [
            [_own(heard, people2, count), crossed, count - people2 / count],
            [crossed, _own(hearers, clips2, count), count - clips2 / count],
            [count - people2 / count, count - clips2 / count, count - 1],
        ]
    )
    squares = np.array([sums @ sums, clip_sums @ clip_sums, (centred**2).sum()])
    # Least squares: two factors that cannot be separated share what they explain.
    people, by_clip, residual = np.linalg.lstsq(coefficients, squares, rcond=SMALL)[0]
    return Parts(
        mean,
        count,
        heard,
        sums,
        int((hearers > 0).sum()),
        float(people) * people2 / count**2,
        float(by_clip) * clips2 / count**2,
        max(float(residual), 0.0) / count,
    )


def _own(sizes: NDArray[np.float64], squared: float, count: float) -> float:
    return squared - 2 * float((sizes**3).sum()) / count + squared**2 / count**2


def _covariance(a: Parts, b: Parts) -> float:
    """Return the covariance of two means, through the participants who rated both systems."""
    shared = float(a.heard @ b.heard)
    both = a.ratings * b.ratings
    expected = (
        shared
        - float(a.heard @ b.heard**2) / b.ratings
        - float(a.heard**2 @ b.heard) / a.ratings
        + shared**2 / both
    )
    if expected < SMALL:
        return 0.0
    return float(a.sums @ b.sums) / expected * shared / both
