"""Where a sound can be cut so that it repeats without a click, on whole beats if it has a pulse.

A loop ends with a crossfade into the samples that lie before its start, so that its first sample
follows its last as it does in the sound itself. Both ends lie at rising zero crossings. Of those
near the last beat the one is taken whose past is most like the start's.
Letters: S samples, C channels, L samples of the crossfade, N beats, Z zero crossings.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reverie.audio.beats import Beats, track_beats
from reverie.audio.stft import Wave
from reverie.errors import ReverieError

LoopUnit = Literal["beats", "bars"]

BAR_BEATS = 4
LEAST_CONFIDENCE = 0.15
"""Beats that the tracker is less sure of are no pulse, as in training."""
CROSSFADE_SECONDS = 0.03
"""With a pulse, short enough that no attack before the beat is heard twice."""
STEADY_CROSSFADE_SECONDS = 0.25
"""Without one."""
NEAR_SECONDS = 0.012
"""How far from its beat an end may be moved."""
SHORTEST_SECONDS = 0.5
MOST_CANDIDATES = 64


@dataclass(frozen=True)
class Loop:
    """A part of a sound that can be repeated."""

    first: int
    """Index of its first sample; at least `crossfade` samples lie before it."""
    last: int
    """Index after its last sample."""
    crossfade: int
    """L: how many of its last samples fade over into those before `first`."""
    likeness: float
    """Correlation of the two stretches that are faded over, 0 to 1."""
    beats: int = 0
    """N; 0 where the sound has no pulse."""
    bpm: float = 0.0
    confidence: float = 0.0
    """Of the beats."""


def find_loop(samples: Wave, rate_hz: int, unit: LoopUnit = "beats") -> Loop:
    """Find the longest loop in a sound.

    Where the beats are not sure, or fewer than one unit of them lies in the sound, the loop takes
    nearly all of the sound and has no beats.

    Args:
        samples: mono [S], floats within -1 to 1.
        rate_hz: samples per second.
        unit: whole beats, or whole bars of four.

    Raises:
        ReverieError: the sound is too short to repeat.
    """
    if len(samples) < SHORTEST_SECONDS * rate_hz:
        raise ReverieError(
            f"{len(samples) / rate_hz:.2f} s of sound are too short for a loop.",
            f"Give {SHORTEST_SECONDS:g} s at least, or save it without `loop`.",
        )
    beats = track_beats(samples, rate_hz)
    span = _on_beats(beats, len(samples), rate_hz, 1 if unit == "beats" else BAR_BEATS)
    if span is None:
        crossfade = min(round(STEADY_CROSSFADE_SECONDS * rate_hz), len(samples) // 4)
        first = _nearest_crossing(samples, crossfade + _near(rate_hz), _near(rate_hz))
        last, likeness = _best_end(
            samples, first, len(samples) - _near(rate_hz), crossfade, rate_hz
        )
        return Loop(first, last, crossfade, likeness, confidence=beats.confidence)
    start, end, count = span
    crossfade = round(CROSSFADE_SECONDS * rate_hz)
    first = _nearest_crossing(samples, round(start * rate_hz), _near(rate_hz))
    last, likeness = _best_end(samples, first, round(end * rate_hz), crossfade, rate_hz)
    bpm = 60 * count * rate_hz / (last - first)
    return Loop(first, last, crossfade, likeness, count, bpm, beats.confidence)


def faded(
    ending: NDArray[np.float32], before: NDArray[np.float32], likeness: float
) -> NDArray[np.float32]:
    """Fade the end of a loop over into the samples before its start, at an even level.

    Args:
        ending: [L, C], the last samples of the loop.
        before: the same number, that lie before its first.
        likeness: correlation of the two: like waves add up as amplitudes, unlike ones as powers.
    """
    rise = (np.arange(len(ending)) + 1) / max(len(ending), 1)
    fall = 1 - rise
    level = np.sqrt(rise**2 + fall**2 + 2 * likeness * rise * fall)
    joined = (fall / level)[:, None] * ending + (rise / level)[:, None] * before
    return joined.astype(np.float32)


def _on_beats(
    beats: Beats, samples: int, rate_hz: int, unit: int
) -> tuple[float, float, int] | None:
    """Return start and end in seconds of the most whole units of beats, and how many beats; None if
    there is no pulse."""
    if beats.confidence < LEAST_CONFIDENCE:
        return None
    least = CROSSFADE_SECONDS + 2 * NEAR_SECONDS
    most = samples / rate_hz - NEAR_SECONDS
    inside = beats.times[(beats.times >= least) & (beats.times <= most)]
    count = (len(inside) - 1) // unit * unit
    if count < 1 or inside[count] - inside[0] < SHORTEST_SECONDS:
        return None
    return float(inside[0]), float(inside[count]), count


def _near(rate_hz: int) -> int:
    return max(round(NEAR_SECONDS * rate_hz), 1)


def _crossings(samples: Wave, low: int, high: int) -> NDArray[np.int64]:
    """Return the indices from `low` up to `high` of samples that rise from below zero, [Z]."""
    low = max(low, 1)
    wave = np.asarray(samples[low - 1 : high])
    return low + np.flatnonzero((wave[:-1] < 0) & (wave[1:] >= 0))


def _nearest_crossing(samples: Wave, at: int, near: int) -> int:
    """Return the rising zero crossing nearest to `at`; `at` itself if none is near."""
    found = _crossings(samples, at - near, at + near)
    return int(found[np.abs(found - at).argmin()]) if len(found) else at


def _best_end(
    samples: Wave, first: int, at: int, crossfade: int, rate_hz: int
) -> tuple[int, float]:
    """Return the zero crossing near `at` before which the sound is most like that before `first`,
    and how like."""
    near = _near(rate_hz)
    ends: NDArray[Any] = _crossings(samples, at - near, min(at + near, len(samples)))
    ends = ends[np.argsort(np.abs(ends - at), kind="stable")[:MOST_CANDIDATES]]
    ends = ends if len(ends) else np.array([at])
    before = _before(samples, first, crossfade)
    likeness = [_correlation(before, _before(samples, int(end), crossfade)) for end in ends]
    best = int(np.argmax(likeness))
    return int(ends[best]), max(likeness[best], 0.0)


def _before(samples: Wave, end: int, count: int) -> NDArray[np.float64]:
    return np.asarray(samples[end - count : end], np.float64)


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    power = float(np.sqrt(np.dot(one, one) * np.dot(other, other)))
    return float(np.dot(one, other)) / power if power else 0.0
