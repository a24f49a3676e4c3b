"""Search the training recordings for evidence that clips were copied from them.

Letters: S samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.corpus.corpus import Corpus, Recording
from reverie.corpus.index import search_recordings
from reverie.evaluation.copying.most_similar import MostSimilarByTorch
from reverie.similarity.landmark_search import LandmarkMatch, LandmarkSearch
from reverie.similarity.nearest import Nearest, NearestSearch

SEMITONES = (0, -1, 1)


@dataclass(frozen=True)
class Evidence:
    """The evidence that a clip was copied."""

    pairs: LandmarkMatch
    """Matching landmarks: exact evidence of the same recording."""
    nearest: Nearest
    """A similar spectrogram: weaker evidence of the same music."""
    run_seconds: float
    """Longest stretch whose spectrogram matches one recording more closely than real music does."""


def find_evidence(
    corpus: Corpus,
    groups: Sequence[Sequence[NDArray[np.float32]]],
    recordings: Sequence[Recording] | None = None,
    *,
    quiet: bool = False,
    above: float | None = None,
) -> list[list[Evidence]]:
    """Compare groups of clips with the training recordings, which are measured once.

    Args:
        corpus: its training recordings are searched.
        groups: of float samples [S] at the corpus's rate.
        recordings: the training recordings to search; all of them if not given.
        quiet: show no progress.
        above: similarity above which a window counts towards a run; by default what is usual in
            the first group, which then holds held-out excerpts. Where that is empty, none counts.
    """
    waves = [wave for group in groups for wave in group]
    rate = corpus.rate_hz
    by_pairs = LandmarkSearch(waves, rate)
    by_spectrum = NearestSearch(waves, rate, SEMITONES, MostSimilarByTorch)
    training = corpus.of_split("train") if recordings is None else recordings
    searches = [by_pairs, by_spectrum]
    search_recordings(corpus, searches, training, "comparing with", quiet=quiet)
    pairs, nearest = by_pairs.best(), by_spectrum.best()
    if above is None:
        above = _usual([one.similarity for one in nearest[: len(groups[0])]])
    runs = by_spectrum.runs_seconds(above)
    flat = [Evidence(*one) for one in zip(pairs, nearest, runs, strict=True)]
    ends = np.cumsum([len(group) for group in groups])
    return [flat[end - len(group) : end] for end, group in zip(ends, groups, strict=True)]


def usual_similarity(null: Sequence[Evidence]) -> float:
    """Return the similarity above which windows count towards a run, of held-out excerpts."""
    return _usual([one.nearest.similarity for one in null])


def _usual(similarities: Sequence[float]) -> float:
    return float(np.quantile(similarities, 0.9)) if similarities else 1.0
