"""How far the levels of third octaves above 8 kHz are from those of held-out music.

Letters: C clips, B third octaves, R resamples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.evaluation.interval import Interval, bootstrap_interval, mean_interval
from reverie.evaluation.measures.full_band import HIGH_THIRD_OCTAVES

HELD_DB = 60.0
"""A third octave holds music if held-out music lies less than this below its loudest one."""


@dataclass(frozen=True)
class ThirdOctaveDifferences:
    """A system's mean levels minus those of held-out music, in dB."""

    by_band: dict[str, Interval]
    """The difference of each third octave above 8 kHz, by its centre."""
    largest: Interval | None
    """The largest absolute one of those that hold music; None if none does."""


def third_octave_differences(
    clips: Sequence[Mapping[str, float]],
    music: Sequence[Mapping[str, float]],
    rng: np.random.Generator,
) -> ThirdOctaveDifferences | None:
    """Return the differences; None if nothing lies above 8 kHz, or no clip or no music sounds.

    Args:
        clips: levels of all third octaves of each clip in dB, see `FullBand`; empty for silence.
        music: the same of held-out music.
        rng: draws the resamples.
    """
    clips, music = [one for one in clips if one], [one for one in music if one]
    bands = [band for band in HIGH_THIRD_OCTAVES if music and band in music[0]]
    if not clips or not bands:
        return None
    usual = {band: float(np.mean([one[band] for one in music])) for band in music[0]}
    apart = np.array([[one[band] - usual[band] for band in bands] for one in clips])
    held = [usual[band] > max(usual.values()) - HELD_DB for band in bands]
    return ThirdOctaveDifferences(
        by_band={
            band: mean_interval(of_clips.tolist(), rng)
            for band, of_clips in zip(bands, apart.T, strict=True)
        },
        largest=_largest(apart[:, held], rng) if any(held) else None,
    )


def _largest(apart: NDArray[np.float64], rng: np.random.Generator) -> Interval:
    """Return the largest absolute mean over clips of differences [C, B]."""
    clips = len(apart)

    def statistic(counts: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.abs(counts @ apart / clips).max(axis=1)

    return bootstrap_interval(float(statistic(np.ones((1, clips)))[0]), statistic, clips, rng)
