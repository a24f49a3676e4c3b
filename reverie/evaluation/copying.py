"""Does a clip repeat the training recordings? Against what real music of that kind does.

Repetitive music matches itself, so no threshold holds for every corpus. Held-out excerpts of the
same length, which cannot have been copied, are matched to the same recordings, and a clip is
judged by where it would stand among them.
Letters: S samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.corpus.corpus import Corpus
from reverie.corpus.excerpts import cut_evenly, hear_training
from reverie.evaluation.nearest import WINDOW_SECONDS, Nearest, NearestSearch
from reverie.similarity.landmarks import LandmarkMatch, LandmarkSearch

SEMITONES = (0, -1, 1)
NULL_EXCERPTS = 150
FLAGGED_PERCENTILE = 99.0


@dataclass(frozen=True)
class Evidence:
    """What speaks for a clip having been heard before."""

    pairs: LandmarkMatch
    """By fingerprints: exact, of the same recording."""
    nearest: Nearest
    """By the course of its spectrum: weaker, of the same music."""
    run_seconds: float
    """Longest stretch that follows one recording by its spectrum, beyond what real music does."""


@dataclass(frozen=True)
class Copying:
    """A clip, and where it stands among real held-out music."""

    evidence: Evidence
    percentile: float
    """Of its evidence among that of held-out excerpts: 50 is like any real music."""
    flagged: bool
    """Beyond the 99th percentile."""
    seconds: float
    """Longest copied run; 0 where it is not flagged."""
    recording: str
    """The training recording it is most like, by path."""
    offset_seconds: float
    """Where in that recording."""
    clip_seconds: float
    """Where in the clip."""


class Null:
    """What real music that was not copied comes to.

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
        """The stronger of both kinds of evidence, in spreads above the middle of real music."""
        return float(self._strengths(evidence).max())

    def percentile(self, evidence: Evidence) -> float:
        """Share of real music with less evidence, in per cent."""
        below = int(np.searchsorted(self._found, self.strength(evidence), "left"))
        return 100 * below / len(self._found)

    def flags(self, evidence: Evidence) -> bool:
        """Whether there is more evidence than in 99 of 100 real excerpts."""
        return self.strength(evidence) > self.threshold

    def by_pairs(self, evidence: Evidence) -> bool:
        """Whether the fingerprints are the stronger evidence."""
        strengths = self._strengths(evidence)
        return bool(strengths[0] >= strengths[1])

    def _strengths(self, evidence: Evidence) -> NDArray[np.float64]:
        return (_raw(evidence) - self._middle) / self._spread


def judge_groups(
    corpus: Corpus,
    groups: Sequence[Sequence[NDArray[np.float32]]],
    seconds: float,
    *,
    quiet: bool = False,
) -> list[list[Copying]]:
    """Where every clip stands among real music.

    Args:
        corpus: split; its training recordings are searched.
        groups: of clips, float samples [S] at the corpus's rate.
        seconds: length of the held-out excerpts that they are compared with.
        quiet: show no progress.
    """
    held_out = held_out_excerpts(corpus, seconds)
    evidence = find_evidence(corpus, [held_out, *groups], quiet=quiet)
    null = Null(evidence[0])
    return [[judge(corpus, null, found) for found in group] for group in evidence[1:]]


def find_evidence(
    corpus: Corpus, groups: Sequence[Sequence[NDArray[np.float32]]], *, quiet: bool = False
) -> list[list[Evidence]]:
    """Compare groups of clips with the training recordings, which are read once.

    Args:
        corpus: whose training recordings are searched.
        groups: of float samples [S] at the corpus's rate; the first are held-out excerpts, which
            decide from where on a window counts towards a run.
        quiet: show no progress.
    """
    waves = [wave for group in groups for wave in group]
    rate = corpus.rate_hz
    searches = (LandmarkSearch(waves, rate), NearestSearch(waves, rate, SEMITONES))
    hear_training(searches, corpus, "comparing with", quiet=quiet)
    pairs, nearest = searches[0].best(), searches[1].best()
    real = [one.similarity for one in nearest[: len(groups[0])]]
    runs = searches[1].runs_seconds(float(np.quantile(real, 0.9)) if real else 1.0)
    flat = [Evidence(*one) for one in zip(pairs, nearest, runs, strict=True)]
    ends = np.cumsum([len(group) for group in groups])
    return [flat[end - len(group) : end] for end, group in zip(ends, groups, strict=True)]


def judge(corpus: Corpus, null: Null, evidence: Evidence) -> Copying:
    """Where a clip stands among real music, and where it was heard before."""
    training = corpus.of_split("train")
    pairs, nearest = evidence.pairs, evidence.nearest
    flagged = null.flags(evidence)
    exact = null.by_pairs(evidence)
    found = pairs if exact else nearest
    seconds = pairs.seconds if exact else max(evidence.run_seconds, WINDOW_SECONDS)
    return Copying(
        evidence=evidence,
        percentile=null.percentile(evidence),
        flagged=flagged,
        seconds=seconds if flagged else 0.0,
        recording=training[found.recording].path,
        offset_seconds=found.offset_seconds,
        clip_seconds=found.clip_seconds,
    )


def held_out_excerpts(corpus: Corpus, seconds: float) -> list[NDArray[np.float32]]:
    """Real music that cannot have been copied: excerpts of `seconds` for a `Null`."""
    held_out = corpus.of_split("held-out")
    return [one.wave for one in cut_evenly(corpus, held_out, seconds, NULL_EXCERPTS)]


def _raw(evidence: Evidence) -> NDArray[np.float64]:
    """Both kinds of evidence on scales on which real music is about normal."""
    similarity = min(evidence.nearest.similarity, 0.9999)
    return np.array([np.log1p(evidence.pairs.pairs), np.arctanh(similarity)])
