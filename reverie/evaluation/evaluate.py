"""Evaluate systems objectively, as `reverie evaluate` does.

Letters: S samples, N seconds.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reverie.cached import Cached
from reverie.corpus.corpus import Corpus
from reverie.evaluation.copying.judgement import Copying, judge_groups
from reverie.evaluation.evaluated import evaluated
from reverie.evaluation.figures import Evaluation, SystemFigures
from reverie.evaluation.health_reference import health_reference
from reverie.evaluation.measurements import VERSION as MEASURED_VERSION
from reverie.evaluation.measurements import Measurements
from reverie.evaluation.measurer import Measured, Measurer, at_rate
from reverie.evaluation.measures.drift import second_timbres
from reverie.evaluation.references import TITLES, References, make_references
from reverie.evaluation.system_figures import ClipSet, Scale, figures_of
from reverie.evaluation.systems import System, sourced
from reverie.progress import ProgressBar

VERSION = 2
"""Of the figures of references."""


@dataclass(frozen=True)
class _Known:
    """What does not depend on the systems that are evaluated."""

    references: tuple[SystemFigures, ...]
    timbre_spread: tuple[float, ...]


def evaluate(
    systems: Sequence[System],
    corpus: Corpus,
    seed: int = 0,
    *,
    copying: bool = True,
    quiet: bool = False,
) -> Evaluation:
    """Measure systems against the held-out and the training recordings of a corpus.

    Args:
        systems: with clips at the corpus's rate, see `read_systems`.
        corpus: split.
        seed: random seed of the noise references and the intervals' resamples.
        copying: search the training recordings for the clips.
        quiet: show no progress.

    Raises:
        ReverieError: there is too little held-out music.
    """
    rate = corpus.rate_hz
    lengths = [len(clip.wave) for system in systems for clip in system.clips]
    seconds = round(statistics.median(lengths) / rate, 2)
    most = max(2, *(len(system.clips) for system in systems))
    references = make_references(corpus, seconds, most, seed)
    measurer = Measurer(rate, health_reference(corpus))
    scale = Scale(rate, seed, tuple(measurer.titles), ())
    music, known, sets = _measure(systems, corpus, references, measurer, scale, quiet=quiet)
    scale = replace(scale, timbre_spread=known.timbre_spread)
    copies: dict[str, list[Copying]] = {}
    if copying:
        groups = [[clip.wave for clip in system.clips] for system in systems]
        judged = judge_groups(corpus, groups, seconds, quiet=quiet)
        copies = dict(zip([system.name for system in systems], judged, strict=True))
    return Evaluation(
        corpus=corpus.folder.name,
        clip_seconds=seconds,
        systems=tuple(figures_of(one, music, copies.get(one.name, ()), scale) for one in sets),
        references=known.references,
        titles=measurer.titles,
        missing=measurer.missing,
    )


def _measure(
    systems: Sequence[System],
    corpus: Corpus,
    references: References,
    measurer: Measurer,
    scale: Scale,
    *,
    quiet: bool,
) -> tuple[tuple[Measured, ...], _Known, list[ClipSet]]:
    """Measure held-out music, references and systems, or read what was measured of them."""
    evaluated(corpus).prune()
    measured = Measurements(corpus, measurer)
    clips = [tuple(map(sourced, system.clips)) for system in systems]
    depends_on = f"{MEASURED_VERSION} {measurer.conditions} {references.source}"
    cached: Cached[_Known] = evaluated(corpus).cached("references", _Known, VERSION, depends_on)
    known = cached.read()
    made = [] if known else [one for of_kind in references.clips.values() for one in of_kind]
    total = sum(map(len, clips)) + len(references.held_out) + len(made)
    with ProgressBar("measuring", total, "clips", quiet=quiet) as work:
        music = measured.of(references.held_out, work.advance)
        of_systems = [measured.of(one, work.advance) for one in clips]
        if not known:
            known = cached.write(_known(references, music, measured, scale, work.advance))
    sets = [
        ClipSet(system.name, None, system.clips, found, system.broken)
        for system, found in zip(systems, of_systems, strict=True)
    ]
    return music, known, sets


def _known(
    references: References,
    music: Sequence[Measured],
    measured: Measurements,
    scale: Scale,
    advance: Callable[[], None],
) -> _Known:
    """Compute the figures of all references."""
    found = {kind: measured.of(of_kind, advance) for kind, of_kind in references.clips.items()}
    spread = _timbre_spread(references, scale.rate_hz)
    scale = replace(scale, timbre_spread=spread)
    figures: list[SystemFigures] = []
    for kind, of_kind in references.clips.items():
        clips = tuple(one.load() for one in of_kind)
        figures.append(
            figures_of(ClipSet(TITLES[kind], kind, clips, found[kind]), music, (), scale)
        )
    return _Known(tuple(figures), spread)


def _timbre_spread(references: References, rate: int) -> tuple[float, ...]:
    """Return the standard deviation of each timbre figure over all seconds of held-out music."""
    every = [second_timbres(at_rate(one.load().wave, rate)) for one in references.held_out]
    return tuple(np.maximum(np.concatenate(every).std(axis=0), 1e-3).tolist())
