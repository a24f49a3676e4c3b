"""Test whether the measures detect damage: damage held-out clips in known ways and measure them.

Letters: S samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.corpus.corpus import Corpus
from reverie.corpus.excerpts import cut_evenly
from reverie.evaluation.evaluate import evaluate
from reverie.evaluation.figures import Evaluation, SystemFigures
from reverie.evaluation.interval import Interval
from reverie.evaluation.measurer import FIGURES
from reverie.evaluation.selftest import damages
from reverie.evaluation.selftest.damages import Damage
from reverie.evaluation.systems import Loaded, System

CLIPS = 60
CLIP_SECONDS = 10.0
RECUT_SECONDS = 0.3
RECUT = "re-cut"

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


@dataclass(frozen=True)
class Seen:
    """The response of one measure to one kind of damage."""

    damage: str
    measure: str
    undamaged: Interval
    damaged: Interval

    @property
    def seen(self) -> bool:
        """Whether the two intervals do not overlap."""
        interval, other = self.undamaged, self.damaged
        if interval.low is None or interval.high is None or other.low is None or other.high is None:
            return False
        return other.low > interval.high or other.high < interval.low


def check_damage(
    corpus: Corpus,
    *,
    clips: int = CLIPS,
    clip_seconds: float = CLIP_SECONDS,
    quiet: bool = False,
) -> tuple[list[Seen], Evaluation]:
    """Damage held-out clips in known ways, and compare every measure with that of intact clips.

    Args:
        corpus: with at least ten minutes of held-out music; with less there are fewer clips.
        clips: most clips.
        clip_seconds: length of a clip.
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
    """Return every figure of a system that has an interval, by name."""
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


def damage_table(seen: Sequence[Seen]) -> list[str]:
    """Format the result of `check_damage` as Markdown: measures in rows, damages in columns."""
    damaged = list(dict.fromkeys(one.damage for one in seen))
    by_cell = {(response.measure, response.damage): response for response in seen}
    lines = ["| measure | intact | " + " | ".join(damaged) + " |"]
    lines.append("|---|" + "---:|" * (len(damaged) + 1))
    for measure in dict.fromkeys(one.measure for one in seen):
        cells = [_cell(by_cell.get((measure, name))) for name in damaged]
        intact = next(one.undamaged for one in seen if one.measure == measure)
        lines.append(f"| {measure} | {intact.value:.3g} | " + " | ".join(cells) + " |")
    return lines


def _system(name: str, waves: Sequence[NDArray[np.float32]]) -> System:
    return System(name, tuple(Loaded(f"{at:03d}", wave) for at, wave in enumerate(waves, 1)))


def _cell(response: Seen | None) -> str:
    if response is None:
        return ""
    value = f"{response.damaged.value:.3g}"
    return f"**{value}**" if response.seen else value
