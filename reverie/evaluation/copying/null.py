"""The null distribution: how much evidence of copying real, uncopied music shows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reverie.evaluation.copying.evidence import Evidence

FLAGGED_PERCENTILE = 99.0


class NullDistribution:
    """The evidence of real music that was not copied.

    Args:
        evidence: of held-out excerpts as long as the clips that are judged.
    """

    def __init__(self, evidence: Sequence[Evidence]) -> None:
        raw = np.array([_raw(one) for one in evidence]).reshape(-1, 2)
        self._middle = np.median(raw, axis=0)
        spread = np.quantile(raw, 0.84, axis=0) - self._middle
        self._spread = np.maximum(spread, 1e-3)
        self._found = np.sort([self.strength(one) for one in evidence])
        self.threshold = float(np.quantile(self._found, FLAGGED_PERCENTILE / 100))

    def strength(self, evidence: Evidence) -> float:
        """The stronger of the two kinds of evidence, in spreads above the median of real music."""
        return float(self._strengths(evidence).max())

    def percentile(self, evidence: Evidence) -> float:
        """Percentage of real music that shows less evidence."""
        below = int(np.searchsorted(self._found, self.strength(evidence), "left"))
        return 100 * below / len(self._found)

    def flags(self, evidence: Evidence) -> bool:
        """Whether there is more evidence than 99 of 100 real excerpts show."""
        return self.strength(evidence) > self.threshold

    def by_pairs(self, evidence: Evidence) -> bool:
        """Whether the fingerprints are the stronger evidence."""
        strengths = self._strengths(evidence)
        return bool(strengths[0] >= strengths[1])

    def _strengths(self, evidence: Evidence) -> NDArray[np.float64]:
        return (_raw(evidence) - self._middle) / self._spread


def _raw(evidence: Evidence) -> NDArray[np.float64]:
    """Both kinds of evidence, on scales where real music is roughly normally distributed."""
    similarity = min(evidence.nearest.similarity, 0.9999)
    return np.array([np.log1p(evidence.pairs.pairs), np.arctanh(similarity)])
