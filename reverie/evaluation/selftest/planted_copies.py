"""Test whether copying is detected: plant copies of training music and count those found.

Letters: S samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.corpus.corpus import Corpus
from reverie.corpus.excerpts import cut_evenly
from reverie.evaluation.copying.evidence import Evidence, find_evidence
from reverie.evaluation.copying.judgement import judge
from reverie.evaluation.copying.null import NullDistribution
from reverie.evaluation.selftest import damages
from reverie.evaluation.selftest.damages import Damage

PLANTS = 50
SHORT_SECONDS, LONG_SECONDS = 3.0, 10.0
PLANT_SECONDS = (SHORT_SECONDS, LONG_SECONDS)

PLANTED: dict[str, Damage | None] = {
    "clean": None,
    "µ-law": damages.mu_law,
    "5 dB SNR": damages.noise(5),
    "stretched by 5 %": damages.stretch(1.05),
    "a semitone up": damages.transpose(1),
}
SPLICED = "spliced into other music"


@dataclass(frozen=True)
class Found:
    """How many of the planted copies of one kind were found."""

    seconds: float
    way: str
    planted: int
    flagged: int
    placed: int
    """How many were flagged and traced to the right place in the right recording, within a
    second."""


@dataclass(frozen=True)
class Real:
    """How many excerpts of held-out music were wrongly flagged."""

    seconds: float
    excerpts: int
    by_others: int | None
    """Each judged against all other held-out excerpts, like a clip; None if there are too few."""
    by_other_recordings: int | None
    """Each judged only against excerpts of other recordings, as if its own were not held out."""


@dataclass(frozen=True)
class CopyingTest:
    """The results on planted copies and on real music that was not copied."""

    counts: tuple[Found, ...]
    held_out: tuple[Real, ...]


def check_copying(corpus: Corpus, *, plants: int = PLANTS, quiet: bool = False) -> CopyingTest:
    """Plant copies of training music, and count how many are found.

    Args:
        corpus: split.
        plants: number of copies of each length and kind.
        quiet: show no progress.
    """
    rng = np.random.default_rng(4)
    training, held_out = corpus.of_split("train"), corpus.of_split("held-out")
    counts: list[Found] = []
    flagged: list[Real] = []
    for seconds in PLANT_SECONDS:
        real = cut_evenly(corpus, held_out, seconds, 3 * plants)
        sources = cut_evenly(corpus, training, seconds, plants)
        groups = {
            way: [
                damage(source.wave, corpus.rate_hz, rng) if damage else source.wave
                for source in sources
            ]
            for way, damage in PLANTED.items()
        }
        origins = dict.fromkeys(groups, sources)
        if seconds == LONG_SECONDS and real:
            origins[SPLICED] = cut_evenly(corpus, training, SHORT_SECONDS, plants)
            groups[SPLICED] = [
                _spliced(real[at % len(real)].wave, one.wave, rng)
                for at, one in enumerate(origins[SPLICED])
            ]
        evidence = find_evidence(
            corpus, [[one.wave for one in real], *groups.values()], quiet=quiet
        )
        null = NullDistribution(evidence[0])
        owners = [one.recording for one in real]
        judges = [_flagged(evidence[0], of) for of in (range(len(real)), owners)]
        flagged.append(Real(seconds, len(real), *judges))
        for way, group in zip(groups, evidence[1:], strict=True):
            judged = [judge(corpus, null, one) for one in group]
            placed = [
                one.flagged
                and one.recording == training[there.recording].path
                and abs(one.offset_seconds - there.start_seconds) < seconds
                for one, there in zip(judged, origins[way], strict=True)
            ]
            length = SHORT_SECONDS if way == SPLICED else seconds
            counts.append(
                Found(length, way, len(judged), sum(one.flagged for one in judged), sum(placed))
            )
    return CopyingTest(tuple(counts), tuple(flagged))


def _flagged(evidence: Sequence[Evidence], owners: Sequence[int]) -> int | None:
    """Count the excerpts that are flagged when judged against those of other owners."""
    flagged = 0
    for owner in set(owners):
        others = [one for one, of in zip(evidence, owners, strict=True) if of != owner]
        if len(others) < 2:
            return None
        null = NullDistribution(others)
        mine = [one for one, of in zip(evidence, owners, strict=True) if of == owner]
        flagged += sum(null.flags(one) for one in mine)
    return flagged


def _spliced(
    host: NDArray[np.float32], copied: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    at = int(rng.integers(0, len(host) - len(copied) + 1))
    return np.concatenate([host[:at], copied, host[at + len(copied) :]])


def copying_table(test: CopyingTest) -> list[str]:
    """Format the result of `check_copying` as Markdown."""
    lines = ["| copy | length | planted | found | traced |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {count.way} | {count.seconds:g} s | {count.planted} "
        f"| {count.flagged / count.planted:.0%} | {count.placed / count.planted:.0%} |"
        for count in test.counts
    ]
    for real in test.held_out:
        ways = {
            "by other excerpts": real.by_others,
            "by other recordings": real.by_other_recordings,
        }
        lines += [
            f"| real held-out music, {way} | {real.seconds:g} s | {real.excerpts} "
            f"| {flagged / max(real.excerpts, 1):.1%} | |"
            for way, flagged in ways.items()
            if flagged is not None
        ]
    return lines
