"""Where the beats of a recording lie, and whether it has any.

Source: D. P. W. Ellis, "Beat tracking by dynamic programming", Journal of New Music Research
36(1), 2007. Beats are chosen so that onsets are strong at them and that they follow each other at
the period of the tempo, which here may drift.
Letters: S samples, C columns of onset strength, N beats, L lags, T times.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from reverie.audio.onset_strength import first_column_seconds, hop_samples, onset_strength
from reverie.audio.stft import Wave
from reverie.audio.tempo import FASTEST_BPM, PRIOR_BPM, SLOWEST_BPM, beat_periods
from reverie.errors import ReverieError

TIGHTNESS = 100.0
"""What a beat off the period costs: this times the square of the logarithm of their ratio."""
SMOOTHING_PERIODS = 1 / 32
"""Standard deviation of the bell that onset strength is smoothed with, in periods."""
LEAST_SPREAD_DB = 0.05
"""Onset strength whose deviation is less has no onsets: a held tone's, or silence."""
NEAR_BEATS, FAR_BEATS = 2, 3
"""A beat's place is predicted from the beats so many before and after it."""
SHIFTS = 16
CHANCE_REGULARITY = 0.25
"""What beats found in noise reach, at the most, if there are many of them."""
LEAST_GAIN = 0.1
STRETCH_BEATS = 16


@dataclass(frozen=True)
class Beats:
    """The beats of one recording."""

    times: NDArray[np.float64]
    """[N], N >= 2, seconds, strictly rising; the first lies at or before the beginning of the
    recording, the last at or after its end."""
    confidence: float
    """0 to 1: how regularly onsets come at the beats. Noise, speech and silence have 0, a metronome
    0.95; 0 too where there are fewer than seven beats."""
    local_confidence: NDArray[np.float64]
    """[N], the same of the 16 beats around each."""

    def phase(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the position among the beats at `times` [T] in seconds, [T].

        The whole part is the index of the beat before, the fraction how far it is to the next.
        Outside the beats it goes on at the first and the last period.
        """
        index, period = self._before(times)
        return index + (times - self.times[index]) / period

    def period(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the seconds from the beat before each of `times` [T] to the next: [T]."""
        return self._before(times)[1]

    def _before(self, times: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        index = np.searchsorted(self.times, times, side="right") - 1
        index = np.clip(index, 0, len(self.times) - 2)
        return index, self.times[index + 1] - self.times[index]


def track_beats(samples: Wave, rate_hz: int, bpm: float | None = None) -> Beats:
    """Find the beats of a recording.

    Where there are no onsets, or less than a second of sound, the beats are those of a metronome,
    and the confidence is 0.

    Args:
        samples: mono [S], floats within -1 to 1 or int16, S from 0; a memory map is read in pieces.
        rate_hz: samples per second.
        bpm: the tempo it is near, beats a minute; None prefers tempi around 120.

    Raises:
        ReverieError: `bpm` is not from 30 to 300.
    """
    if bpm is not None and not SLOWEST_BPM <= bpm <= FASTEST_BPM:
        limits = f"{SLOWEST_BPM:g} to {FASTEST_BPM:g}"
        raise ReverieError(f"A tempo of {bpm:g} bpm cannot be used.", f"Give {limits}.")
    strength = onset_strength(samples, rate_hz)
    second, seconds = rate_hz / hop_samples(rate_hz), len(samples) / rate_hz
    spread = float(strength.std()) if len(strength) >= second else 0.0
    if spread < LEAST_SPREAD_DB:
        metronome = np.array([0.0, 60 / (bpm or PRIOR_BPM)])
        return _covering(metronome, np.zeros(2), 0.0, seconds)
    periods = beat_periods(strength, second, bpm)
    scaled = strength.astype(np.float64) / spread
    score = _smoothed(scaled, float(np.median(periods)) * SMOOTHING_PERIODS)
    columns = _best_path(score, periods)
    if len(columns) < 2:
        columns = columns[0] + np.array([0, round(float(periods[0]))])
    places = _refined(score, columns)
    local, confidence = _confidence(score, places)
    return _covering(places / second + first_column_seconds(rate_hz), local, confidence, seconds)


def _smoothed(strength: NDArray[np.float64], columns: float) -> NDArray[np.float64]:
    """Add up [C] under a bell whose standard deviation is `columns`."""
    reach = max(round(4 * columns), 1)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / columns) ** 2)
    return np.convolve(strength, bell, mode="same")[: len(strength)]


def _best_path(score: NDArray[np.float64], periods: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the columns of the beats, rising: greatest in score [C], less what their distances
    cost against `periods` [C].

    The beat before one lies half a period to two periods earlier, so that half a period of columns
    depends only on those before it and is computed at once.
    """
    ahead = round(2 * float(periods.max()))
    # Before the recording anything may be a beat, and is worth nothing.
    total = np.zeros(ahead + len(score))
    links = np.full(len(score), -1)
    first = 0
    while first < len(score):
        period = float(periods[first])
        lags = np.arange(round(2 * period), round(period / 2) - 1, -1)
        last = min(first + int(lags[-1]), len(score))
        cost = TIGHTNESS * np.log(lags / period) ** 2
        before = total[ahead + first - lags[0] : ahead + last - lags[-1]]
        candidates = sliding_window_view(before, len(lags)) - cost
        best = candidates.argmax(axis=1)
        rows = np.arange(last - first)
        total[ahead + first : ahead + last] = score[first:last] + candidates[rows, best]
        links[first:last] = first + rows - lags[best]
        first = last
    tail = max(len(score) - round(float(periods[-1])), 0)
    column = tail + int(total[ahead + tail :].argmax())
    found: list[int] = []
    while column >= 0:
        found.append(column)
        column = int(links[column])
    return np.array(found[::-1])


def _refined(score: NDArray[np.float64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
    """Move each of `columns` [N] to the top of the parabola through score [C] around it."""
    inner = np.clip(columns, 1, max(len(score) - 2, 1))
    low, top, high = score[inner - 1], score[inner], score[inner + 1]
    bend = low - 2 * top + high
    peak = (top >= low) & (top >= high) & (bend < 0) & (inner == columns)
    shift = 0.5 * (low - high) / np.where(peak, bend, 1)
    return columns.astype(np.float64) + np.where(peak, shift, 0.0)


def _confidence(
    score: NDArray[np.float64], places: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return how well beats at `places` [N] foretell each other: around each [N], and overall.

    Beats are put where score [C] is great, so that it is greater at them than elsewhere even in
    noise. What noise lacks is that the place where a beat's neighbours, which were not chosen for
    it, predict it does as well as the beat itself. Both are compared with the mean over the
    grids that are shifted by parts of a beat.
    """
    far = FAR_BEATS
    if len(places) < 2 * far + 1:
        return np.zeros(len(places)), 0.0
    at = np.arange(len(score))
    scaled = score / float(score.std())
    inner = np.arange(far, len(places) - far)
    near_middle = (places[inner - NEAR_BEATS] + places[inner + NEAR_BEATS]) / 2
    far_middle = (places[inner - FAR_BEATS] + places[inner + FAR_BEATS]) / 2
    # The parabola through the four: it follows a tempo that rises and falls.
    curved = near_middle + (near_middle - far_middle) * NEAR_BEATS**2 / (far**2 - NEAR_BEATS**2)
    period = (places[inner + far] - places[inner - far]) / (2 * far)
    shifts = np.arange(SHIFTS) / SHIFTS - 0.5
    base = np.interp(places[inner, None] + shifts * period[:, None], at, scaled).mean(axis=1)
    gains = np.stack(
        [np.interp(p, at, scaled) - base for p in (places[inner], near_middle, curved)]
    )
    gains = np.pad(gains, ((0, 0), (far, far)))
    stretch = np.full(min(STRETCH_BEATS, len(places)), 1 / STRETCH_BEATS)
    around = np.stack([np.convolve(row, stretch, mode="same") for row in gains])
    return _above_chance(around), float(_above_chance(gains[:, far:-far].mean(axis=1)))


def _above_chance(gains: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of gains [3, ...] at the beats and at both predicted places: 0 to 1, [...]."""
    regularity = gains[1:].max(axis=0) / (np.maximum(gains[0], 0) + LEAST_GAIN)
    return np.clip((regularity - CHANCE_REGULARITY) / (1 - CHANCE_REGULARITY), 0, 1)


def _covering(
    times: NDArray[np.float64], local: NDArray[np.float64], confidence: float, seconds: float
) -> Beats:
    """Go on at the first and the last period until `times` [N] cover 0 to `seconds`."""
    first, last = times[1] - times[0], times[-1] - times[-2]
    before = max(int(np.ceil(times[0] / first)), 0)
    after = max(int(np.ceil((seconds - times[-1]) / last)), 0)
    parts = (
        times[0] - first * np.arange(before, 0, -1),
        times,
        times[-1] + last * np.arange(1, after + 1),
    )
    return Beats(np.concatenate(parts), confidence, np.pad(local, (before, after), mode="edge"))
