"""Do the measures see what they are for? Damage of known kinds, and planted copies.

Letters: S samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.corpus.corpus import Corpus
from reverie.corpus.excerpts import cut_evenly
from reverie.evaluation import damages
from reverie.evaluation.copying import Evidence, Null, find_evidence, judge
from reverie.evaluation.damages import Damage
from reverie.evaluation.evaluate import Evaluation, SystemFigures, evaluate
from reverie.evaluation.interval import Interval
from reverie.evaluation.measuring import FIGURES
from reverie.evaluation.systems import Loaded, System

CLIPS = 60
CLIP_SECONDS = 10.0
RECUT_SECONDS = 0.3
RECUT = "re-cut"
PLANTS = 50
PLANT_SECONDS = (3.0, 10.0)

DAMAGES: dict[str, Damage] = {
    "noise at 30 dB": damages.noise(30),
    "noise at 20 dB": damages.noise(20),
    "noise at 10 dB": damages.noise(10),
    "low-pass at 4 kHz": damages.low_pass(4000),
    "µ-law": damages.mu_law,
    "60 ms shuffled": damages.shuffle(0.06),
    "500 ms shuffled": damages.shuffle(0.5),
    "1 s looped": damages.loop(1.0),
    "silence": damages.silence,
}
PLANTED: dict[str, Damage | None] = {
    "clean": None,
    "µ-law": damages.mu_law,
    "5 dB SNR": damages.noise(5),
    "stretched by 5 %": damages.stretch(1.05),
    "a semitone up": damages.transpose(1),
}
SPLICED = "spliced into other music"


@dataclass(frozen=True)
class Seen:
    """How one measure answers to one kind of damage."""

    damage: str
    measure: str
    undamaged: Interval
    damaged: Interval

    @property
    def seen(self) -> bool:
        """Whether the two intervals are apart."""
        one, other = self.undamaged, self.damaged
        if one.low is None or one.high is None or other.low is None or other.high is None:
            return False
        return other.low > one.high or other.high < one.low


@dataclass(frozen=True)
class Found:
    """How many of the planted copies of one kind were found."""

    seconds: float
    way: str
    planted: int
    flagged: int
    placed: int
    """Flagged, and traced to the recording they come from, within a second."""


@dataclass(frozen=True)
class Real:
    """How many excerpts of held-out music, which is no copy, were flagged."""

    seconds: float
    excerpts: int
    by_others: int | None
    """Each judged by all other held-out excerpts, as a clip is; None where there are too few."""
    by_other_recordings: int | None
    """Each judged by those of the other recordings alone, as if its own piece were unheard of."""


@dataclass(frozen=True)
class CopyingTest:
    """What came of planted copies, and of real music that is none."""

    found: tuple[Found, ...]
    held_out: tuple[Real, ...]


def check_damage(
    corpus: Corpus,
    *,
    clips: int = CLIPS,
    clip_seconds: float = CLIP_SECONDS,
    quiet: bool = False,
) -> tuple[list[Seen], Evaluation]:
    """Damage held-out clips in known ways, and compare every measure with that of intact ones.

    Args:
        corpus: with ten minutes of held-out music or more; with less there are fewer clips.
        clips: how many, at most.
        clip_seconds: how long.
        quiet: show no progress.

    Raises:
        ReverieError: there is too little held-out music.
    """
    rng = np.random.default_rng(3)
    recordings = corpus.of_split("held-out")
    longer = cut_evenly(corpus, recordings, clip_seconds + RECUT_SECONDS, clips)
    size, late = round(clip_seconds * corpus.rate_hz), round(RECUT_SECONDS * corpus.rate_hz)
    systems = [_system(RECUT, [one.wave[late : late + size] for one in longer])]
    for name, damage in DAMAGES.items():
        waves = [damage(one.wave[:size], corpus.rate_hz, rng) for one in longer]
        systems.append(_system(name, waves))
    training = cut_evenly(corpus, corpus.of_split("train"), clip_seconds, clips)
    systems.append(_system("other pieces", [one.wave for one in training]))
    found = evaluate(systems, corpus, copying=False, quiet=quiet)
    intact = measures(found.systems[0])
    seen = [
        Seen(system.name, name, intact[name], figure)
        for system in found.systems[1:]
        for name, figure in measures(system).items()
        if name in intact
    ]
    return seen, found


def measures(system: SystemFigures) -> dict[str, Interval]:
    """Every figure of a system that has an interval, by name."""
    titles = {figure.key: figure.title for figure in FIGURES}
    found = {titles[key]: one for key, one in system.figures.items()}
    for name, distance in system.distances.items():
        if distance.frechet:
            found[f"Fréchet, {name}"] = distance.frechet
        if distance.mmd:
            found[f"MMD, {name}"] = distance.mmd
    if system.pitch_classes:
        found["Pitch classes"] = system.pitch_classes
    if system.intervals:
        found["Intervals"] = system.intervals
    return found


def check_copying(corpus: Corpus, *, plants: int = PLANTS, quiet: bool = False) -> CopyingTest:
    """Plant copies of training music, and count how many are found.

    Args:
        corpus: split.
        plants: of each length and kind.
        quiet: show no progress.
    """
    rng = np.random.default_rng(4)
    training, held_out = corpus.of_split("train"), corpus.of_split("held-out")
    found: list[Found] = []
    flagged: list[Real] = []
    for seconds in PLANT_SECONDS:
        real = cut_evenly(corpus, held_out, seconds, 3 * plants)
        sources = cut_evenly(corpus, training, seconds, plants)
        groups = {
            way: [damage(one.wave, corpus.rate_hz, rng) if damage else one.wave for one in sources]
            for way, damage in PLANTED.items()
        }
        origins = dict.fromkeys(groups, sources)
        if seconds == CLIP_SECONDS and real:
            origins[SPLICED] = cut_evenly(corpus, training, PLANT_SECONDS[0], plants)
            groups[SPLICED] = [
                _spliced(real[at % len(real)].wave, one.wave, rng)
                for at, one in enumerate(origins[SPLICED])
            ]
        evidence = find_evidence(
            corpus, [[one.wave for one in real], *groups.values()], quiet=quiet
        )
        null = Null(evidence[0])
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
            length = PLANT_SECONDS[0] if way == SPLICED else seconds
            found.append(
                Found(length, way, len(judged), sum(one.flagged for one in judged), sum(placed))
            )
    return CopyingTest(tuple(found), tuple(flagged))


def _flagged(evidence: Sequence[Evidence], owners: Sequence[int]) -> int | None:
    """How many excerpts are flagged by the excerpts of other owners."""
    flagged = 0
    for owner in set(owners):
        others = [one for one, of in zip(evidence, owners, strict=True) if of != owner]
        if len(others) < 2:
            return None
        null = Null(others)
        mine = [one for one, of in zip(evidence, owners, strict=True) if of == owner]
        flagged += sum(null.flags(one) for one in mine)
    return flagged


def _spliced(
    host: NDArray[np.float32], copied: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    at = int(rng.integers(0, len(host) - len(copied) + 1))
    return np.concatenate([host[:at], copied, host[at + len(copied) :]])


def _system(name: str, waves: Sequence[NDArray[np.float32]]) -> System:
    return System(name, tuple(Loaded(f"{at:03d}", wave) for at, wave in enumerate(waves, 1)))


def copying_table(test: CopyingTest) -> list[str]:
    """The result of `check_copying` as lines of Markdown."""
    lines = ["| copy | length | planted | found | traced |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {one.way} | {one.seconds:g} s | {one.planted} | {one.flagged / one.planted:.0%} "
        f"| {one.placed / one.planted:.0%} |"
        for one in test.found
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


def damage_table(seen: Sequence[Seen]) -> list[str]:
    """The result of `check_damage` as lines of Markdown: a row a measure, a column a damage."""
    damaged = list(dict.fromkeys(one.damage for one in seen))
    found = {(one.measure, one.damage): one for one in seen}
    lines = ["| measure | intact | " + " | ".join(damaged) + " |"]
    lines.append("|---|" + "---:|" * (len(damaged) + 1))
    for measure in dict.fromkeys(one.measure for one in seen):
        cells = [_cell(found.get((measure, name))) for name in damaged]
        intact = next(one.undamaged for one in seen if one.measure == measure)
        lines.append(f"| {measure} | {intact.value:.3g} | " + " | ".join(cells) + " |")
    return lines


def _cell(one: Seen | None) -> str:
    if one is None:
        return ""
    value = f"{one.damaged.value:.3g}"
    return f"**{value}**" if one.seen else value
