"""Compute the figures of a set of clips from what was measured of each.

Each set draws its resamples from a generator of its own, so that its figures do not depend on which
other sets are evaluated.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from reverie.evaluation.copying.judgement import Copying
from reverie.evaluation.distances.frechet import frechet_interval
from reverie.evaluation.distances.mmd import mmd_interval
from reverie.evaluation.distances.points import Points, diversity
from reverie.evaluation.distances.third_octaves import third_octave_differences
from reverie.evaluation.figures import ClipFigures, Distances, SystemFigures
from reverie.evaluation.interval import Interval, bootstrap_interval, mean_interval
from reverie.evaluation.measurer import FIGURES, Measured, at_rate, values
from reverie.evaluation.measures.drift import drift
from reverie.evaluation.measures.notes import NoteFigures, histogram_distance
from reverie.evaluation.references import Kind
from reverie.evaluation.systems import Broken, Loaded

HISTOGRAM_RESAMPLES = 300
MOST_TAGS = 5


@dataclass(frozen=True)
class ClipSet:
    """The clips from which a `SystemFigures` is computed."""

    name: str
    kind: Kind | None
    clips: tuple[Loaded, ...]
    measured: tuple[Measured, ...]
    broken: tuple[Broken, ...] = ()


@dataclass(frozen=True)
class Scale:
    """What the figures of all sets have in common."""

    rate_hz: int
    seed: int
    """Decides the draws of the intervals."""
    embeddings: tuple[str, ...]
    timbre_spread: tuple[float, ...]
    """Standard deviation of each timbre figure over all seconds of held-out music."""


def figures_of(
    clip_set: ClipSet,
    music: Sequence[Measured],
    copying: Sequence[Copying],
    scale: Scale,
) -> SystemFigures:
    """Compute the figures of a set of clips.

    Args:
        clip_set: the set.
        music: held-out music, from which distances are measured.
        copying: the judgement on each clip; empty if there are none.
        scale: of the figures.
    """
    rate, rng = scale.rate_hz, np.random.default_rng([scale.seed, 5, crc32(clip_set.name.encode())])
    figures = {
        figure.key: mean_interval(found, rng)
        for figure in FIGURES
        if (found := values(figure, clip_set.measured))
    }
    judged: Sequence[Copying | None] = copying or [None] * len(clip_set.clips)
    return SystemFigures(
        name=clip_set.name,
        kind=clip_set.kind,
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
            for clip, measured, found in zip(clip_set.clips, clip_set.measured, judged, strict=True)
        ),
        broken=clip_set.broken,
        figures=figures,
        distances={
            name: _distances(
                [clip.embedded[name] for clip in clip_set.measured],
                [clip.embedded[name] for clip in music],
                rng,
            )
            for name in scale.embeddings
        }
        if clip_set.clips
        else {},
        pitch_classes=_histogram([clip.notes for clip in clip_set.measured], music, "classes", rng),
        intervals=_histogram([clip.notes for clip in clip_set.measured], music, "intervals", rng),
        third_octaves=third_octave_differences(
            _third_octaves(clip_set.measured), _third_octaves(music), rng
        ),
        drift=_drift(clip_set.clips, np.array(scale.timbre_spread), rate),
        tags=_tags(clip_set.measured),
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
