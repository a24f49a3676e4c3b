"""The null distribution: how much evidence of copying real music that is no copy shows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reverie.evaluation.copying.evidence import Evidence

FLAGGED_PERCENTILE = 99.0


class NullDistribution:
    """The distribution of evidence from real music that was not copied.

    Args:
        evidence: of held-out excerpts as long as the clips to judge.
    """

    def __init__(self, evidence: Sequence[Evidence]) -> None:
        raw = np.array([_raw(item) for item in evidence]).reshape(-1, 2)
        self._middle = np.median(raw, axis=0)
        spread = np.quantile(raw, 0.84, axis=0) - self._middle
        self._spread = np.maximum(spread, 1e-3)
        self._found = np.sort([self.strength(item) for item in evidence])
        self.threshold = float(np.quantile(self._found, FLAGGED_PERCENTILE / 100))

    def strength(self, evidence: Evidence) -> float:
        """Return the stronger kind of evidence, in spreads above the median of real music."""
        return float(self._strengths(evidence).max())

    def percentile(self, evidence: Evidence) -> float:
        """Return the percentage of real music with less evidence."""
        below = int(np.searchsorted(self._found, self.strength(evidence), "left"))
        return 100 * below / len(self._found)

    def flags(self, evidence: Evidence) -> bool:
        """Return whether there is more evidence than in 99 of 100 real excerpts."""
        return self.strength(evidence) > self.threshold

    def by_pairs(self, evidence: Evidence) -> bool:
        """Return whether the landmarks are the stronger evidence."""
        strengths = self._strengths(evidence)
        return bool(strengths[0] >= strengths[1])

    def _strengths(self, evidence: Evidence) -> NDArray[np.float64]:
        return (_raw(evidence) - self._middle) / self._spread


def _raw(evidence: Evidence) -> NDArray[np.float64]:
    """Return both kinds of evidence on scales where real music is roughly normally distributed."""
    similarity = min(evidence.nearest.similarity, 0.9999)
    return np.array([np.log1p(evidence.pairs.pairs), np.arctanh(similarity)])
