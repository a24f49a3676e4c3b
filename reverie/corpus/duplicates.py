"""The same recording twice: bit for bit, or in another encoding."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.corpus.fingerprint import decibels

ENCODER_SLACK_SECONDS = 0.25
"""How much longer, or later, an encoder may make the same recording."""

ENVELOPE_DB = 2.0
"""Mean difference of two loudness envelopes under which the samples are compared."""

EXCERPT_SECONDS = 4.0
PLACES = (0.2, 0.5, 0.8)
"""Where in the recordings excerpts are compared."""

SAME_CORRELATION = 0.9
"""Every excerpt must match this well. A low-bitrate encoding reaches 0.95 and more; other music,
even in the same key and tempo, hardly passes 0.5."""


@dataclass(frozen=True)
class Candidate:
    """A recording that may be another one again; `pcm` gives its samples, int16 [samples]."""

    path: str
    content_hash: str
    fingerprint: str
    samples: int
    pcm: Callable[[], NDArray[np.int16]]


def find_duplicates(candidates: Sequence[Candidate], rate_hz: int) -> dict[str, str]:
    """Which recordings are another one again.

    Args:
        candidates: by path.
        rate_hz: of them all.

    Returns:
        The path of each duplicate to that of the recording it repeats: the first by path.
    """
    same: dict[str, str] = {}
    first: dict[str, str] = {}
    single: list[Candidate] = []
    for one in candidates:
        original = first.setdefault(one.content_hash, one.path)
        if original == one.path:
            single.append(one)
        else:
            same[one.path] = original
    for one, other in _same_music(single, rate_hz):
        kept, dropped = sorted([_root(one.path, same), _root(other.path, same)])
        if kept != dropped:
            same[dropped] = kept
    return {path: _root(path, same) for path in same}


def _root(path: str, same: dict[str, str]) -> str:
    while path in same:
        path = same[path]
    return path


def _same_music(
    candidates: Sequence[Candidate], rate_hz: int
) -> Iterator[tuple[Candidate, Candidate]]:
    """Pairs of the same music among recordings that differ bit for bit."""
    if len(candidates) < 2:
        return
    by_length = sorted(candidates, key=lambda one: one.samples)
    lengths = np.array([one.samples for one in by_length])
    envelopes = np.stack([decibels(one.fingerprint) for one in by_length])
    slack = int(ENCODER_SLACK_SECONDS * rate_hz)
    ends = np.searchsorted(lengths, lengths + slack, side="right")
    for index, end in enumerate(ends):
        near = envelopes[index + 1 : end]
        distances = np.abs(near - envelopes[index]).mean(axis=1)
        for found in np.flatnonzero(distances < ENVELOPE_DB):
            one, other = by_length[index], by_length[index + 1 + int(found)]
            if sounds_the_same(one.pcm(), other.pcm(), rate_hz):
                yield one, other


def sounds_the_same(one: NDArray[np.int16], other: NDArray[np.int16], rate_hz: int) -> bool:
    """Whether two recordings of nearly one length are the same but for level and encoding.

    Args:
        one: int16 [n].
        other: int16 [m].
        rate_hz: of both.
    """
    slack = int(ENCODER_SLACK_SECONDS * rate_hz)
    shortest = min(len(one), len(other))
    size = min(int(EXCERPT_SECONDS * rate_hz), max(shortest - 2 * slack, shortest // 2))
    if size < 1:
        return False
    heard = 0
    for place in PLACES:
        start = max(0, min(int(place * shortest) - size // 2, shortest - size))
        excerpt = one[start : start + size].astype(np.float64)
        before = max(0, start - slack)
        around = other[before : start + size + slack].astype(np.float64)
        match = best_correlation(excerpt, around)
        if match is None:
            continue
        if match < SAME_CORRELATION:
            return False
        heard += 1
    return heard > 0


def best_correlation(excerpt: NDArray[np.float64], around: NDArray[np.float64]) -> float | None:
    """The largest normalised correlation of `excerpt` [n] with a stretch of `around` [m >= n].

    Returns:
        From 0 to 1, whatever the polarity; None where the excerpt is silence.
    """
    energy = float(excerpt @ excerpt)
    # Below a few units of 16 bits there is dither and nothing to compare.
    if energy < 16.0 * len(excerpt):
        return None
    size = 1 << math.ceil(math.log2(len(around) + len(excerpt)))
    spectrum = np.fft.rfft(around, size) * np.conj(np.fft.rfft(excerpt, size))
    lags = len(around) - len(excerpt) + 1
    products = np.fft.irfft(spectrum, size)[:lags]
    running = np.concatenate([[0.0], np.cumsum(around * around)])
    energies = running[len(excerpt) :] - running[:lags]
    return float(np.max(np.abs(products) / np.sqrt(np.maximum(energies * energy, 1.0))))
