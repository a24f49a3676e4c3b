"""Test which systems differ.

Participants and clips are both samples: other people would answer differently, and so would these
people about other clips. A test that treats ratings as independent finds differences that do not
exist.

Letters: P participants, K clips of a system, S systems.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from reverie.listening.statistics.scores import ScoreTable
from reverie.listening.statistics.student_t import p_value, t_critical
from reverie.listening.statistics.variances import SMALL, crossed_variance, parts

IGNORED_BY_CLASSIC = (
    "These tests look at each participant's mean per system. They take the clips as they are, "
    "although other clips of the same system would have been rated differently, so they find "
    "differences too easily; and they leave out whoever did not rate every system compared."
)


@dataclass(frozen=True)
class Difference:
    """The difference of two mean scores, in points, and its uncertainty."""

    difference: float
    standard_error: float | None = None
    """This and the following values are None if participants, clips or answers do not vary."""
    degrees_of_freedom: float | None = None
    low: float | None = None
    """The ends of the 95 % interval, for this pair alone."""
    high: float | None = None
    p: float | None = None


@dataclass(frozen=True, kw_only=True)
class Contrast(Difference):
    """The comparison of two systems: the first's mean less the second's."""

    first: str
    second: str
    p_holm: float | None
    """p adjusted for all pairs: below 0.05, the two differ significantly."""


@dataclass(frozen=True)
class SignedRank:
    """Wilcoxon's signed-rank test of two systems, on participants' means."""

    first: str
    second: str
    participants: int
    p: float | None
    p_holm: float | None


@dataclass(frozen=True)
class Classic:
    """The tests that are usual for listening tests; see `IGNORED_BY_CLASSIC`."""

    friedman_p: float | None
    """p that all systems are equal; None for fewer than three systems or two participants."""
    friedman_participants: int
    pairs: tuple[SignedRank, ...]


def compare_all(tables: Sequence[ScoreTable]) -> tuple[Contrast, ...]:
    """Compare every pair of systems; the anchors in `tables` are ignored."""
    pairs = list(itertools.combinations(_systems(tables), 2))
    found = [contrast(one.scores, other.scores) for one, other in pairs]
    adjusted = holm([one.p for one in found])
    return tuple(
        Contrast(
            **vars(difference),
            first=one.condition.name,
            second=other.condition.name,
            p_holm=p_holm,
        )
        for (one, other), difference, p_holm in zip(pairs, found, adjusted, strict=True)
    )


def contrast(first: NDArray[np.float64], second: NDArray[np.float64]) -> Difference:
    """Test the difference of two systems' means over participants and clips at once.

    The variance of the difference is that of two crossed clusterings, participants + clips - cells
    (Cameron, Gelbach and Miller 2011). Each part is estimated without small-sample bias by equating
    sums of squares with their expectations; if everyone heard every clip, this is the analysis of
    variance. It is never below the larger of the two one-way variances. The degrees of freedom are
    Satterthwaite's for the three mean squares, but no fewer than those of the larger one-way
    variance alone.

    It was measured on simulated panels without a difference: 10 or 20 participants, 2 systems of 15
    clips or 5 of 6, everyone hearing every clip or a third of them, three times 400 panels of each.
    p was below 0.05 in 3.4 to 6.8 % of comparisons (4.8 % in all), and after Holm anywhere in a
    panel in 0.7 to 6.8 %. Without any variance of clips or of liking it is 3.3 %. Worse were plain
    Satterthwaite (down to 2 %), Satterthwaite on the components (7.5 % of panels after Holm), the
    sum of both degrees of freedom (6.7 %, 7.5 %), and participants alone, as the classic tests do
    (up to 43 %, 8 to 27 % with about the variances of `power.Spread`).

    Args:
        first: [P, K], one score of each participant and clip, NaN if missing.
        second: [P, K'], the same participants.
    """
    systems = parts(first), parts(second)
    difference = systems[0].mean - systems[1].mean
    people = int((systems[0].heard + systems[1].heard > 0).sum())
    found = crossed_variance(systems, people)
    if found is None:
        return Difference(difference)
    degrees_of_freedom = max(found.degrees_of_freedom, found.larger_degrees_of_freedom)
    error = float(np.sqrt(found.variance))
    reach = error * t_critical(0.05, degrees_of_freedom)
    p = p_value(difference / error, degrees_of_freedom)
    return Difference(
        difference, error, degrees_of_freedom, difference - reach, difference + reach, p
    )


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Adjust p values for their number by Holm's method (1979), ignoring those that are None."""
    known = sorted((p, at) for at, p in enumerate(values) if p is not None)
    adjusted: list[float | None] = [None] * len(values)
    reached = 0.0
    for place, (p, at) in enumerate(known):
        reached = max(reached, min(1.0, p * (len(known) - place)))
        adjusted[at] = reached
    return adjusted


def classic_tests(tables: Sequence[ScoreTable]) -> Classic:
    """Apply Friedman's test to all systems and Wilcoxon's to each pair, on participants' means."""
    systems = _systems(tables)
    means = {system.condition.name: _participant_means(system.scores) for system in systems}
    pairs = list(itertools.combinations(means, 2))
    differences = [means[one] - means[other] for one, other in pairs]
    found = [_signed_rank(values[np.isfinite(values)]) for values in differences]
    complete = np.array(list(means.values())).reshape(len(means), -1)
    complete = complete[:, np.isfinite(complete).all(axis=0)]
    ranks = [
        SignedRank(one, other, int(np.isfinite(values).sum()), p, p_holm)
        for (one, other), values, p, p_holm in zip(
            pairs, differences, found, holm(found), strict=True
        )
    ]
    return Classic(_friedman(complete), complete.shape[1], tuple(ranks))


def _systems(tables: Sequence[ScoreTable]) -> list[ScoreTable]:
    return [table for table in tables if table.condition.role == "system"]


def _participant_means(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each participant's mean, NaN if they rated nothing: [P]."""
    count = np.isfinite(scores).sum(axis=1)
    total = np.nan_to_num(scores).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _signed_rank(differences: NDArray[np.float64]) -> float | None:
    differences = np.where(np.abs(differences) < SMALL, 0.0, differences)
    if np.count_nonzero(differences) < 2:
        return None
    untyped: Any = stats
    return _finite(untyped.wilcoxon(differences).pvalue)


def _friedman(means: NDArray[np.float64]) -> float | None:
    """Apply Friedman's test to means [S, P] without gaps."""
    if means.shape[0] < 3 or means.shape[1] < 2 or np.ptp(means, axis=0).max() < SMALL:
        return None
    untyped: Any = stats
    return _finite(untyped.friedmanchisquare(*means).pvalue)


def _finite(p: object) -> float | None:
    found = float(np.asarray(p, np.float64))
    return found if np.isfinite(found) else None
