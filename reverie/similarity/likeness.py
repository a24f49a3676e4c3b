"""Measure how alike two stretches of sound are, beyond what similar sounds share.

An offset, mains hum, a drone or the tone of an instrument do not show that two recordings are the
same. So bins of steady level are left out; changing bins must agree in phase, quiet or loud, and
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
"""Pairs of the least length and the window that is used from it on."""
LOWEST_HZ, HIGHEST_HZ = 100.0, 4000.0
ROUNDING = 2.0
"""Bins below the noise of this many 16-bit steps hold rounding errors and are not compared."""
RANGE_DB = 75.0
"""A bin this far below the loudest of its time is ignored: encoders discard it."""
STEADY = 0.2
"""A bin is steady if its interquartile range is less than this share of its median."""

LEAST_PHASE = 0.4
"""Least mean cosine of the phase differences in changing bins: music at 64 kbit/s reaches 0.7 or
more; recordings that share steady sounds alone stay below 0.1."""
LEAST_CHANGE, LEAST_CHANGE_OF_PARTIALS = 0.4, 0.8
"""Least correlation of the changes in compressed level; encoders code noise coarsely."""
MOST_LEVEL_DB, LEAST_LEVEL_DB, LEVEL_DB_A_PHASE = 2.0, 0.6, 15.0
"""Limits of the mean level difference over parts of time and frequency. If there are only partials,
their levels are the best evidence: the better the phases agree, the less levels may differ."""
BROAD = 0.5
"""From this share of changing bins on, the sound is more than partials."""
PARTS, BANDS = 8, 12
LEVELS_BELOW_LOUDEST_DB = 30.0
LEAST_SHARE = 1e-5
"""A sound whose changes hold less than this share of its energy is steady."""
WIDE_RANGE_DB = 6.0
"""If the delay is not sure, levels must agree and vary by at least this much over time."""

Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Likeness:
    """The result of comparing two excerpts."""

    same: bool
    sure: bool
    """Whether it is evidence that they are the same; a steady sound never is."""


def likeness(a: Samples, b: Samples, at: Alignment, rate_hz: int) -> Likeness | None:
    """Compare samples `a` [S] with samples `b` [S'] that lag by a known delay.

    Args:
        a: samples.
        b: samples.
        at: the delay of `b` behind `a`, and the polarity.
        rate_hz: of both.

    Returns:
        None if one of them holds only steady sound or silence.
    """
    begin, end = common(a, b, at.whole_samples)
    matching = b[begin + at.whole_samples : end + at.whole_samples]
    spectra = _spectra(a[begin:end], matching, at, rate_hz)
    return None if spectra is None else _judged(*spectra, sharp=at.sharpness >= SHARP)


def common(a: Samples, b: Samples, delay_samples: int) -> tuple[int, int]:
    """Return the first and the end of samples `a` [S] that `b` [S'] covers at a delay."""
    return max(0, -delay_samples), max(0, min(len(a), len(b) - delay_samples))


def _spectra(
    a: Samples, b: Samples, at: Alignment, rate_hz: int
) -> tuple[Spectra, Spectra, float] | None:
    """Return spectra [T, F] of both at one delay and polarity, and the level of rounding noise."""
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
    """Return which bins of levels [T, F] change over time: [F]."""
    count = len(levels)
    places = count // 4, count // 2, 3 * count // 4
    low, middle, high = np.partition(levels, places, axis=0)[list(places)]
    return ~(high - low < STEADY * middle)


def _evidence(
    a: NDArray[np.float64], b: NDArray[np.float64], counts: NDArray[np.bool_]
) -> tuple[float, float, float]:
    """Return the share of sounding time in which enough energy changes, the share of changing
    bins, and by how many dB the level changes."""
    energy, changing = _energies(a, counts)
    other_energy, others_changing = _energies(b, counts)
    loud = energy > 1e-4 * energy.max()
    enough = (changing > LEAST_SHARE * energy) & (others_changing > LEAST_SHARE * other_energy)
    low, high = np.quantile(10 * np.log10(energy[loud] + 1e-9), [0.1, 0.9])
    return float(enough[loud].mean()), float(counts[loud].mean()), float(high - low)


def _energies(
    levels: NDArray[np.float64], counts: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the energy [T] of levels [T, F]: of all bins, and of the bins that count."""
    power = np.square(levels)
    return power.sum(axis=1), (power * counts).sum(axis=1)


def _change(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    phases: NDArray[np.float64],
    counts: NDArray[np.bool_],
) -> float:
    """Correlate the levels of two spectra after subtracting each bin's mean."""
    changes = [np.maximum(levels - levels.mean(axis=0), -levels) * counts for levels in (a, b)]
    first, second = (np.sign(change) * np.sqrt(np.abs(change)) for change in changes)
    norm = math.sqrt(float(np.square(first).sum() * np.square(second).sum()))
    return float((first * second * phases).sum()) / max(norm, 1e-9)


def _level_difference_db(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the mean difference of levels [T, F] over time and frequency, without the overall
    gain."""
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
    """Return a Blackman-Harris window [S], whose low side lobes keep quiet bins visible."""
    angles = 2 * np.pi * np.arange(size) / size
    weights = (0.35875, -0.48829, 0.14128, -0.01168)
    return np.sum([weight * np.cos(turn * angles) for turn, weight in enumerate(weights)], axis=0)
