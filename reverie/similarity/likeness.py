"""How alike two stretches of sound are beyond what other sounds of their kind share.

An offset, mains hum, a drone, the tone of one instrument are no evidence of one recording. So
what is steady at a frequency is left out; what changes must agree in phase, quiet or loud, and
levels must agree throughout.
Letters: S samples, T steps of time, F bins of frequency.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from reverie.audio.stft import Spectra, stft
from reverie.similarity.alignment import SHARP, Alignment

WINDOWS_SECONDS = ((1.0, 0.128), (0.25, 0.064), (0.0, 0.032))
"""From which length on, the window of the spectra."""
LOWEST_HZ, HIGHEST_HZ = 100.0, 4000.0
ROUNDING = 2.0
"""Below the noise of so many units of 16 bits there is rounding and nothing to compare."""
RANGE_DB = 75.0
"""Below the loudest of its time a bin counts no more: encoders leave it out."""
STEADY = 0.2
"""A bin is steady where its quartiles lie apart by less than this share of its median."""

LEAST_PHASE = 0.4
"""Mean cosine of the phases between the two where anything changes: 0.7 and more for music at
64 kbit/s, 0.1 and less where only what is steady is shared."""
LEAST_CHANGE, LEAST_CHANGE_OF_PARTIALS = 0.4, 0.8
"""Correlation of the changes themselves, their loudness compressed; noise is coded coarsely."""
MOST_LEVEL_DB, LEAST_LEVEL_DB, LEVEL_DB_A_PHASE = 2.0, 0.6, 15.0
"""Mean difference of levels over so many parts of time and bands of frequency. Where partials are
all there is, their levels tell most: the better phases agree, the less they may differ."""
BROAD = 0.5
"""Share of the bins from which on it is more than partials."""
PARTS, BANDS = 8, 12
LEVELS_BELOW_LOUDEST_DB = 30.0
LEAST_SHARE = 1e-5
"""Where changes have less than this of the energy, it is a steady sound."""
WIDE_RANGE_DB = 6.0
"""Where the delay is not sure, levels that agree must differ by so much over time."""

Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Likeness:
    """What a comparison of two excerpts gave."""

    same: bool
    sure: bool
    """Whether it is evidence; a steady sound never is."""


def likeness(a: Samples, b: Samples, at: Alignment, rate_hz: int) -> Likeness | None:
    """Compare samples [S] with samples [S'] that are later by a known delay.

    Args:
        a: samples.
        b: samples.
        at: by how much they are later, and whether upside down.
        rate_hz: of both.

    Returns:
        None where nothing but steady sound or silence is in one of them.
    """
    begin, end = common(a, b, at.whole_samples)
    matching = b[begin + at.whole_samples : end + at.whole_samples]
    spectra = _spectra(a[begin:end], matching, at, rate_hz)
    return None if spectra is None else _judged(*spectra, sharp=at.sharpness >= SHARP)


def common(a: Samples, b: Samples, delay_samples: int) -> tuple[int, int]:
    """Where in samples [S] others [S'], which are later, are too."""
    return max(0, -delay_samples), max(0, min(len(a), len(b) - delay_samples))


def _spectra(
    a: Samples, b: Samples, at: Alignment, rate_hz: int
) -> tuple[Spectra, Spectra, float] | None:
    """Spectra [T, F] of both [S] at one delay and polarity, and what rounding gives in them."""
    seconds = len(a) / rate_hz
    window_seconds = next(window for least, window in WINDOWS_SECONDS if seconds >= least)
    size = round(window_seconds * rate_hz)
    if len(a) < size:
        return None
    window, hop = tapering(size), size // 2 if seconds >= WINDOWS_SECONDS[0][0] else size // 4
    bins = slice(*(round(hz * size / rate_hz) for hz in (LOWEST_HZ, HIGHEST_HZ)))
    first, second = (stft(samples, window, hop)[:, bins] for samples in (a, b))
    turns = np.arange(bins.start, bins.stop, dtype=np.float64) / size * at.part_samples
    second *= at.polarity * np.exp(2j * np.pi * turns)
    return first, second, ROUNDING * math.sqrt(float(np.square(window).sum()))


def _judged(first: Spectra, second: Spectra, rounding: float, *, sharp: bool) -> Likeness | None:
    """Compare spectra [T, F] at one delay."""
    a, b = np.abs(first), np.abs(second)
    counts = _moving(a) & _moving(b)
    for levels in (a, b):
        loudest = levels.max(axis=1, keepdims=True)
        counts = counts & (levels > np.maximum(rounding, loudest * 10 ** (-RANGE_DB / 20)))
    if not counts.any():
        return None
    share, breadth, span_db = _evidence(a, b, counts)
    if share < 0.5:
        return None
    phases = (first * np.conj(second)).real / np.maximum(a * b, 1e-9)
    phase = float(phases[counts].mean())
    most_level_db, least_change = MOST_LEVEL_DB, LEAST_CHANGE
    if breadth < BROAD:
        most_level_db = min(MOST_LEVEL_DB, LEAST_LEVEL_DB + LEVEL_DB_A_PHASE * (1 - phase))
        least_change = LEAST_CHANGE_OF_PARTIALS
    same = (
        phase > LEAST_PHASE
        and _level_difference_db(a, b) < most_level_db
        and _change(a, b, phases, counts) > least_change
    )
    return Likeness(same, sharp or span_db > WIDE_RANGE_DB)


def _moving(levels: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which bins of levels [T, F] change over time: [F]."""
    count = len(levels)
    places = count // 4, count // 2, 3 * count // 4
    low, middle, high = np.partition(levels, places, axis=0)[list(places)]
    return ~(high - low < STEADY * middle)


def _evidence(
    a: NDArray[np.float64], b: NDArray[np.float64], counts: NDArray[np.bool_]
) -> tuple[float, float, float]:
    """Of the time when it sounds, in which share enough of the energy changes; in which share of
    the bins; and by how many dB the level does."""
    energy, changing = _energies(a, counts)
    others, others_changing = _energies(b, counts)
    loud = energy > 1e-4 * energy.max()
    enough = (changing > LEAST_SHARE * energy) & (others_changing > LEAST_SHARE * others)
    low, high = np.quantile(10 * np.log10(energy[loud] + 1e-9), [0.1, 0.9])
    return float(enough[loud].mean()), float(counts[loud].mean()), float(high - low)


def _energies(
    levels: NDArray[np.float64], counts: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of levels [T, F] the energy at each time, [T]: all of it, and that of bins that count."""
    power = np.square(levels)
    return power.sum(axis=1), (power * counts).sum(axis=1)


def _change(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    phases: NDArray[np.float64],
    counts: NDArray[np.bool_],
) -> float:
    """How well what is left when the mean level of each bin is taken away correlates."""
    changes = [np.maximum(levels - levels.mean(axis=0), -levels) * counts for levels in (a, b)]
    first, second = (np.sign(change) * np.sqrt(np.abs(change)) for change in changes)
    norm = math.sqrt(float(np.square(first).sum() * np.square(second).sum()))
    return float((first * second * phases).sum()) / max(norm, 1e-9)


def _level_difference_db(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Mean difference of levels [T, F] over parts of time and frequency, but for the level."""
    steps, bins = a.shape
    bands = np.unique(np.array(np.geomspace(4, bins, BANDS + 1), np.int64))[:-1]
    parts = np.unique(np.array(np.linspace(0, steps, PARTS + 1), np.int64))[:-1]
    first, second = (
        10 * np.log10(_summed(np.square(levels), parts, np.append(0, bands)) + 1)
        for levels in (a, b)
    )
    loud = np.maximum(first - first.max(), second - second.max()) > -LEVELS_BELOW_LOUDEST_DB
    differences = (first - second)[loud]
    return float(np.abs(differences - np.median(differences)).mean())


def _summed(
    power: NDArray[np.float64], parts: NDArray[np.int64], bands: NDArray[np.int64]
) -> NDArray[np.float64]:
    return np.add.reduceat(np.add.reduceat(power, bands, axis=1), parts, axis=0)


@lru_cache(maxsize=8)
def tapering(size: int) -> NDArray[np.float64]:
    """Blackman and Harris's window [S]: what is loud hides nothing beside it."""
    angles = 2 * np.pi * np.arange(size) / size
    weights = (0.35875, -0.48829, 0.14128, -0.01168)
    return np.sum([weight * np.cos(turn * angles) for turn, weight in enumerate(weights)], axis=0)
