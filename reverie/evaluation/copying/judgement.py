"""Judge whether a clip repeats the training recordings more than real music does.

Repetitive music matches itself, so no fixed threshold fits every corpus. Held-out excerpts of the
same length, which cannot be copies, are matched to the same recordings, and a clip is judged by its
percentile among them.
Letters: S samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.cached import Cached
from reverie.corpus.corpus import Corpus
from reverie.corpus.excerpts import cut_evenly
from reverie.evaluation.copying.evidence import Evidence, find_evidence, usual_similarity
from reverie.evaluation.copying.null import NullDistribution
from reverie.evaluation.evaluated import evaluated
from reverie.models.products import bfloat16_is_fast
from reverie.similarity.arrays import array_sha256
from reverie.similarity.nearest import WINDOW_SECONDS

NULL_EXCERPTS = 150
AT_ONCE = 64
"""Clips that are searched for at a time; what is found is kept after each."""
VERSION = 1
"""Of the evidence that is kept with a corpus."""


@dataclass(frozen=True)
class Copying:
    """The judgement on a clip."""

    evidence: Evidence
    percentile: float
    """Percentile of its evidence among held-out excerpts: 50 is typical of real music."""
    flagged: bool
    """Whether it exceeds the 99th percentile."""
    seconds: float
    """Length of the longest copied run; 0 if the clip is not flagged."""
    recording: str
    """Path of the best matching training recording."""
    offset_seconds: float
    """Where the match begins in that recording."""
    clip_seconds: float
    """Where the match begins in the clip."""


def judge_groups(
    corpus: Corpus,
    groups: Sequence[Sequence[NDArray[np.float32]]],
    seconds: float,
    *,
    quiet: bool = False,
) -> list[list[Copying]]:
    """Judge every clip of several groups.

    Args:
        corpus: split; its training recordings are searched.
        groups: of clips, float samples [S] at the corpus's rate.
        seconds: length of the held-out excerpts to compare with.
        quiet: show no progress.
    """
    null = _known_null(corpus, seconds, quiet=quiet)
    above = usual_similarity(null)
    waves = [wave for group in groups for wave in group]
    found = iter(_known_evidence(corpus, waves, above, quiet=quiet))
    distribution = NullDistribution(null)
    return [[judge(corpus, distribution, next(found)) for _ in group] for group in groups]


def _known_null(corpus: Corpus, seconds: float, *, quiet: bool) -> tuple[Evidence, ...]:
    """Return the evidence of held-out excerpts, which is kept with the corpus."""
    about = corpus.content_hash, seconds, NULL_EXCERPTS, bfloat16_is_fast()
    cached: Cached[tuple[Evidence, ...]] = evaluated(corpus).cached(
        "null", tuple[Evidence, ...], VERSION, repr(about)
    )

    def search() -> tuple[Evidence, ...]:
        (of_music,) = find_evidence(corpus, [held_out_excerpts(corpus, seconds)], quiet=quiet)
        return tuple(of_music)

    return cached.get(search)


def _known_evidence(
    corpus: Corpus, waves: Sequence[NDArray[np.float32]], above: float, *, quiet: bool
) -> list[Evidence]:
    """Return the evidence of clips; that of some at a time is found, and kept with the corpus."""
    folder = evaluated(corpus)
    about = corpus.content_hash, above, bfloat16_is_fast()
    places = [
        folder.cached("copying", Evidence, VERSION, f"{about} {array_sha256(wave)}")
        for wave in waves
    ]
    found: dict[Path, Evidence] = {}
    missing: dict[Path, int] = {}
    for at, place in enumerate(places):
        if place.path not in found and (kept := place.read()):
            found[place.path] = kept
        elif place.path not in found:
            missing.setdefault(place.path, at)
    for begin in range(0, len(missing), AT_ONCE):
        some = list(missing.values())[begin : begin + AT_ONCE]
        chosen = [waves[at] for at in some]
        (searched,) = find_evidence(corpus, [chosen], quiet=quiet, above=above)
        for at, evidence in zip(some, searched, strict=True):
            found[places[at].path] = places[at].write(evidence)
    return [found[place.path] for place in places]


def judge(corpus: Corpus, null: NullDistribution, evidence: Evidence) -> Copying:
    """Judge a clip by its evidence."""
    training = corpus.of_split("train")
    pairs, nearest = evidence.pairs, evidence.nearest
    flagged = null.flags(evidence)
    exact = null.by_pairs(evidence)
    match = pairs if exact else nearest
    seconds = pairs.seconds if exact else max(evidence.run_seconds, WINDOW_SECONDS)
    return Copying(
        evidence=evidence,
        percentile=null.percentile(evidence),
        flagged=flagged,
        seconds=seconds if flagged else 0.0,
        recording=training[match.recording].path,
        offset_seconds=match.offset_seconds,
        clip_seconds=match.clip_seconds,
    )


def held_out_excerpts(corpus: Corpus, seconds: float) -> list[NDArray[np.float32]]:
    """Cut held-out excerpts of `seconds`, float samples [S], for a `NullDistribution`."""
    held_out = corpus.of_split("held-out")
    return [excerpt.wave for excerpt in cut_evenly(corpus, held_out, seconds, NULL_EXCERPTS)]
