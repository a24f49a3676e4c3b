"""Decide whether two recordings are the same except for level, delay and encoding.

Letters: S samples.
"""

import numpy as np
from numpy.typing import NDArray

from reverie.audio.stft import Wave
from reverie.similarity.alignment import SHARP, Alignment, align, coarse_agreement
from reverie.similarity.likeness import HIGHEST_HZ, LOWEST_HZ, Samples, common, likeness, tapering

LONGEST_DELAY_SECONDS = 0.3
"""Largest delay that an encoder adds: 0.25 s, with some margin."""
LONGER_SECONDS = 0.5
"""How much longer an encoder may make a recording: it fills the last block too."""

WHOLE_SECONDS = 6.0
"""Recordings up to this length are compared whole."""
EXCERPT_SECONDS = 4.0
THIRDS = 3
"""Longer recordings are compared where each third is loudest: parts of one may be in another."""
QUIET_DB = 40.0
"""Excerpts this far below the loudest are left out."""
STEPS = 8
"""Excerpts begin at multiples of their length divided by this."""
STEPS_AT_ONCE = 1 << 10
"""Steps of a recording that are read at a time."""
THINNED, MOST_LOOKED_AT = 4, 1 << 22
"""Loudness is measured on every fourth sample, and on at most this many samples of a recording."""

LEAST_COMPARED = 0.9
"""Least share of each recording's energy that must lie where the two overlap."""

LEAST_AGREEMENT = 0.35
"""Agreement of low frequencies: 0.5 or more for low-bitrate encodings, 0.1 for other music."""


def sounds_the_same(a: Wave, b: Wave, rate_hz: int) -> bool:
    """Whether two recordings are the same but for level, polarity, delay and encoding.

    Args:
        a: int16 [S].
        b: int16 [S'].
        rate_hz: of both.
    """
    shortest = min(len(a), len(b))
    if abs(len(a) - len(b)) > LONGER_SECONDS * rate_hz:
        return False
    if shortest <= WHOLE_SECONDS * rate_hz:
        return _same_whole(a[:], b[:], rate_hz)
    return _same_excerpts(a, b, _places(a, shortest, rate_hz), rate_hz)


def _differ(a: NDArray[np.int16], b: NDArray[np.int16], rate_hz: int) -> bool:
    """Whether a cheap comparison shows that samples differ; it settles most pairs."""
    agreement = coarse_agreement(a, b, LONGEST_DELAY_SECONDS, rate_hz)
    return agreement < LEAST_AGREEMENT


def _same_whole(a: NDArray[np.int16], b: NDArray[np.int16], rate_hz: int) -> bool:
    if _differ(a, b, rate_hz):
        return False
    whole = a.astype(np.float64), b.astype(np.float64)
    alignment = _aligned(*whole, rate_hz)
    if alignment is None or not _all_is_compared(*whole, alignment.whole_samples):
        return False
    like = likeness(*whole, alignment, rate_hz)
    return like is not None and like.same and like.sure


def _same_excerpts(a: Wave, b: Wave, places: list[int], rate_hz: int) -> bool:
    """Whether two recordings agree at all `places`, samples from their beginnings."""
    size = STEPS * _step(rate_hz)
    loudest = slice(places[0], places[0] + size)
    if _differ(a[loudest], b[loudest], rate_hz):
        return False
    taper = tapering(size)
    excerpts = [
        tuple(wave[start : start + size].astype(np.float64) for wave in (a, b)) for start in places
    ]
    # The cut itself must not look like an event that determines the delay.
    alignments = [_aligned(first * taper, second * taper, rate_hz) for first, second in excerpts]
    sharpest = max(alignments, key=lambda at: at.sharpness if at else 0.0)
    sure = False
    for (first, second), at in zip(excerpts, alignments, strict=True):
        # One delay holds throughout, if an excerpt determines it.
        delay = sharpest if sharpest and sharpest.sharpness >= SHARP else at
        like = likeness(first, second, delay, rate_hz) if delay else None
        if like is not None and not like.same:
            return False
        sure = sure or (like is not None and like.sure)
    return sure


def _places(wave: Wave, samples: int, rate_hz: int) -> list[int]:
    """Return where excerpts begin: the loudest of each third that is not quiet, loudest first.

    Args:
        wave: int16, read in pieces.
        samples: so many from its beginning count.
        rate_hz: samples per second.
    """
    step, thinned = _step(rate_hz), max(THINNED, samples // MOST_LOOKED_AT)
    whole, at_once = samples // step * step, STEPS_AT_ONCE * step
    powers = np.concatenate(
        [
            wave[first : min(first + at_once, whole)]
            .reshape(-1, step)[:, ::thinned]
            .astype(np.float32)
            .var(axis=1)
            for first in range(0, whole, at_once)
        ]
    )
    energies = np.convolve(powers, np.ones(STEPS, np.float32), "valid")
    thirds = np.array_split(np.arange(len(energies)), THIRDS)
    places = [int(third[np.argmax(energies[third])]) for third in thirds]
    least = energies.max() * 10 ** (-QUIET_DB / 10)
    places.sort(key=lambda place: -energies[place])
    return [place * step for place in places if energies[place] >= least]


def _step(rate_hz: int) -> int:
    """Return the distance between possible excerpts, in samples."""
    return round(EXCERPT_SECONDS * rate_hz / STEPS)


def _aligned(a: Samples, b: Samples, rate_hz: int) -> Alignment | None:
    slack = round(LONGEST_DELAY_SECONDS * rate_hz)
    return align(a, b, slack, (LOWEST_HZ, HIGHEST_HZ), rate_hz)


def _all_is_compared(a: Samples, b: Samples, delay_samples: int) -> bool:
    """Whether nearly all of the energy lies where the two recordings overlap."""
    begin, end = common(a, b, delay_samples)
    for samples, first in ((a, begin), (b, begin + delay_samples)):
        power = np.square(samples - samples.mean())
        if power[first : first + end - begin].sum() < LEAST_COMPARED * power.sum():
            return False
    return True
