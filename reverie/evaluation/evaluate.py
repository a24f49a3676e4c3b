"""Evaluate systems objectively, as `reverie evaluate` does.

Letters: S samples, N seconds.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.corpus.corpus import Corpus
from reverie.evaluation.copying.judgement import Copying, judge_groups
from reverie.evaluation.distances.frechet import frechet_interval
from reverie.evaluation.distances.mmd import mmd_interval
from reverie.evaluation.distances.points import Points, diversity
from reverie.evaluation.distances.third_octaves import third_octave_differences
from reverie.evaluation.figures import ClipFigures, Distances, Evaluation, SystemFigures
from reverie.evaluation.health_reference import health_reference
from reverie.evaluation.interval import Interval, bootstrap_interval, mean_interval
from reverie.evaluation.measurer import FIGURES, Measured, Measurer, at_rate, values
from reverie.evaluation.measures.drift import drift, second_timbres
from reverie.evaluation.measures.notes import NoteFigures, histogram_distance
from reverie.evaluation.references import TITLES, Kind, References, make_references
from reverie.evaluation.systems import Broken, Loaded, System
from reverie.progress import ProgressBar

HISTOGRAM_RESAMPLES = 300
MOST_TAGS = 5


@dataclass(frozen=True)
class _Set:
    """The clips from which a `SystemFigures` is computed."""

    name: str
    kind: Kind | None
    clips: tuple[Loaded, ...]
    measured: tuple[Measured, ...]
    broken: tuple[Broken, ...] = ()


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
    rng = np.random.default_rng([seed, 5])
    rate = corpus.rate_hz
    lengths = [len(clip.wave) for system in systems for clip in system.clips]
    seconds = round(statistics.median(lengths) / rate, 2)
    most = max(2, *(len(system.clips) for system in systems))
    references = make_references(corpus, seconds, most, rng)
    measurer = Measurer(rate, health_reference(corpus))
    music, sets = _measure(systems, references, measurer, quiet=quiet)
    copies: dict[str, list[Copying]] = {}
    if copying:
        groups = [[clip.wave for clip in system.clips] for system in systems]
        judged = judge_groups(corpus, groups, seconds, quiet=quiet)
        copies = dict(zip([system.name for system in systems], judged, strict=True))
    spread = _timbre_spread(references, rate)
    found = [
        _figures(one, music, copies.get(one.name, ()), spread, rate, rng, measurer) for one in sets
    ]
    return Evaluation(
        corpus=corpus.folder.name,
        clip_seconds=seconds,
        systems=tuple(one for one in found if one.kind is None),
        references=tuple(one for one in found if one.kind),
        titles=measurer.titles,
        missing=measurer.missing,
    )


def _measure(
    systems: Sequence[System], references: References, measurer: Measurer, *, quiet: bool
) -> tuple[tuple[Measured, ...], list[_Set]]:
    """Measure held-out music, and the clips of all systems and references."""
    clips = [clip for system in systems for clip in system.clips]
    total = len(clips) + len(references.held_out) + 4 * len(references.clips["music"])
    with ProgressBar("measuring", total, "clips", quiet=quiet) as work:

        def measured(clips: Sequence[Loaded]) -> tuple[Measured, ...]:
            done: list[Measured] = []
            for one in measurer.measure_all(clips):
                done.append(one)
                work.advance()
            return tuple(done)

        music = measured(references.held_out)
        sets = [
            _Set(system.name, None, system.clips, measured(system.clips), system.broken)
            for system in systems
        ]
        for kind, loaded in references.clips.items():
            sets.append(_Set(TITLES[kind], kind, loaded, measured(loaded)))
    return music, sets


def _figures(
    one: _Set,
    music: Sequence[Measured],
    copying: Sequence[Copying],
    spread: NDArray[np.float64],
    rate: int,
    rng: np.random.Generator,
    measurer: Measurer,
) -> SystemFigures:
    figures = {
        figure.key: mean_interval(found, rng)
        for figure in FIGURES
        if (found := values(figure, one.measured))
    }
    judged: Sequence[Copying | None] = copying or [None] * len(one.clips)
    return SystemFigures(
        name=one.name,
        kind=one.kind,
        clips=tuple(
            ClipFigures(
                name=clip.name,
                seconds=round(len(clip.wave) / rate, 3),
                health=measured.health,
                structure=measured.structure,
                notes=measured.notes,
                full_band=measured.full_band,
                copying=found,
            )
            for clip, measured, found in zip(one.clips, one.measured, judged, strict=True)
        ),
        broken=one.broken,
        figures=figures,
        distances={
            name: _distances(
                [clip.embedded[name] for clip in one.measured],
                [clip.embedded[name] for clip in music],
                rng,
            )
            for name in measurer.titles
        }
        if one.clips
        else {},
        pitch_classes=_histogram([clip.notes for clip in one.measured], music, "classes", rng),
        intervals=_histogram([clip.notes for clip in one.measured], music, "intervals", rng),
        third_octaves=third_octave_differences(
            _third_octaves(one.measured), _third_octaves(music), rng
        ),
        drift=_drift(one.clips, spread, rate),
        tags=_tags(one.measured),
    )


def _distances(
    clips: Sequence[NDArray[np.float32]],
    music: Sequence[NDArray[np.float32]],
    rng: np.random.Generator,
) -> Distances:
    points, reference = Points.of(clips), Points.of(music)
    enough = len(points.rows) >= 2 and len(reference.rows) >= 2
    return Distances(
        frechet=frechet_interval(points, reference, rng) if enough else None,
        mmd=mmd_interval(points, reference, rng) if points.count >= 2 else None,
        diversity=diversity(points),
    )


def _third_octaves(clips: Sequence[Measured]) -> list[dict[str, float]]:
    """Return the levels of the clips that have a full band."""
    return [clip.full_band.third_octave_db for clip in clips if clip.full_band]


def _histogram(
    clips: Sequence[NoteFigures | None],
    music: Sequence[Measured],
    which: str,
    rng: np.random.Generator,
) -> Interval | None:
    """Return the distance of a histogram pooled over clips from that of held-out music."""

    def counts(found: Sequence[NoteFigures | None]) -> NDArray[np.float64]:
        return np.array(
            [one.pitch_classes if which == "classes" else one.intervals for one in found if one]
        )

    mine, real = counts(clips), counts([one.notes for one in music])
    if not len(mine) or not len(real):
        return None
    pooled = real.sum(axis=0)
    value = histogram_distance(mine.sum(axis=0), pooled)

    def distances(counts: NDArray[np.float64]) -> list[float]:
        return [histogram_distance(weights @ mine, pooled) for weights in counts]

    return bootstrap_interval(value, distances, len(mine), rng, HISTOGRAM_RESAMPLES)


def _tags(clips: Sequence[Measured]) -> dict[str, float]:
    """Return the few most likely tags, in order."""
    found = {
        name: statistics.fmean(clip.tags[name] for clip in clips)
        for name in (clips[0].tags if clips else ())
    }
    return dict(sorted(found.items(), key=lambda pair: -pair[1])[:MOST_TAGS])


def _drift(
    clips: Sequence[Loaded], spread: NDArray[np.float64], rate: int
) -> tuple[float, ...] | None:
    prompted = [(clip.prompt, clip.wave) for clip in clips if clip.prompt is not None]
    if not prompted:
        return None
    prompts = [at_rate(prompt, rate) for prompt, _ in prompted]
    found = drift(prompts, [at_rate(wave, rate) for _, wave in prompted], spread)
    return tuple(np.nanmean(found, axis=0).tolist())


def _timbre_spread(references: References, rate: int) -> NDArray[np.float64]:
    """Return the standard deviation of each timbre figure over all seconds of held-out music."""
    every = [second_timbres(at_rate(one.wave, rate)) for one in references.held_out]
    return np.maximum(np.concatenate(every).std(axis=0), 1e-3)
