"""One epoch: in which order its sequences come, and how each is varied.

For a few sequences all is drawn at once. Of many each draw is a function of a key and the
sequence's number, so that an epoch takes no memory and resuming inside it takes no time.

Letters: N sequences.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_AT_ONCE = 1 << 20
"""Sequences, about 900 hours of music, up to which all is drawn at once, as older versions did for
any number: what they began goes on with the same draws."""
ROUNDS = 4

Drawn = Callable[[NDArray[np.int64]], NDArray[Any]]
"""Returns what was drawn for some of the sequences, by their numbers."""
Then = Callable[[NDArray[Any]], NDArray[Any]]
"""What is made of numbers that were drawn."""


class Epoch(NamedTuple):
    """What an epoch is made of."""

    order: Drawn
    """The numbers of the sequences at these places."""
    shifts: NDArray[np.int64]
    """Of each recording, in samples."""
    gains: Drawn
    speeds: Drawn
    parities: Drawn
    """Beats by which the position is shifted."""
    silenced: Drawn
    """Whether the beat is not told."""


class Variation(NamedTuple):
    """How the sequences of an epoch differ from those of others."""

    room: NDArray[np.int64] | None = None
    """By how many samples those of each recording may be shifted; None does not shift them."""
    gain_db: float = 0.0
    transpose_semitones: int = 0
    beat: bool = False
    beat_dropout: float = 0.0


def unvaried(recordings: int) -> Epoch:
    """Every sequence in order, as it is."""
    return Epoch(
        order=np.copy,
        shifts=np.zeros(recordings, np.int64),
        gains=partial(np.ones_like, dtype=np.float32),
        speeds=partial(np.ones_like, dtype=np.float64),
        parities=partial(np.zeros_like, dtype=np.float64),
        silenced=partial(np.zeros_like, dtype=bool),
    )


def varied(count: int, recordings: int, variation: Variation, rng: np.random.Generator) -> Epoch:
    """Draw an epoch.

    Args:
        count: N.
        recordings: how many they are of.
        variation: what is drawn besides the order.
        rng: for the draws.
    """
    draw = _Few(count, rng) if count <= MOST_AT_ONCE else _Many(count, rng)
    plan = unvaried(recordings)
    plan = plan._replace(order=draw.order())
    if variation.room is not None:
        plan = plan._replace(shifts=rng.integers(0, np.maximum(variation.room, 0) + 1))
    if variation.gain_db:
        plan = plan._replace(gains=draw.uniform(-variation.gain_db, variation.gain_db, _gain))
    if variation.transpose_semitones:
        most = variation.transpose_semitones
        plan = plan._replace(speeds=draw.integers(-most, most + 1, lambda up: 2 ** (up / 12)))
    if variation.beat:
        # Which of two beats is the heavy one is not known, so both are learnt.
        plan = plan._replace(
            parities=draw.integers(0, 2, lambda one: one.astype(np.float64)),
            silenced=draw.uniform(0, 1, lambda one: one < variation.beat_dropout),
        )
    return plan


class _Few:
    """Draws for all sequences at once."""

    def __init__(self, count: int, rng: np.random.Generator) -> None:
        self._count, self._rng = count, rng

    def order(self) -> Drawn:
        return self._rng.permutation(self._count).__getitem__

    def uniform(self, low: float, high: float, then: Then) -> Drawn:
        return then(self._rng.uniform(low, high, self._count)).__getitem__

    def integers(self, low: int, high: int, then: Then) -> Drawn:
        return then(self._rng.integers(low, high, self._count)).__getitem__


class _Many:
    """Draws for each sequence when it is asked for; each kind of draw has a key of its own."""

    def __init__(self, count: int, rng: np.random.Generator) -> None:
        self._count, self._rng = count, rng

    def order(self) -> Drawn:
        keys = [self._key() for _ in range(ROUNDS)]
        return lambda places: permuted(places, self._count, keys)

    def uniform(self, low: float, high: float, then: Then) -> Drawn:
        key = self._key()
        return lambda numbers: then(low + (high - low) * _unit(numbers, key))

    def integers(self, low: int, high: int, then: Then) -> Drawn:
        key = self._key()
        return lambda numbers: then(low + (_unit(numbers, key) * (high - low)).astype(np.int64))

    def _key(self) -> int:
        return int(self._rng.integers(0, 1 << 63))


def _gain(decibels: NDArray[np.float64]) -> NDArray[np.float32]:
    return (10 ** (decibels / 20)).astype(np.float32)


def permuted(places: NDArray[np.int64], count: int, keys: list[int]) -> NDArray[np.int64]:
    """Return the numbers at `places` of a permutation of `count` numbers, which the keys decide.

    A Feistel network permutes the numbers of an even number of bits; what it leads out of those
    that are wanted goes through it again, and comes back in the end.
    """
    half = max(((count - 1).bit_length() + 1) // 2, 1)
    mask = np.uint64((1 << half) - 1)
    found = places.astype(np.uint64)
    left = np.arange(len(places))
    while len(left):
        high, low = found[left] >> np.uint64(half), found[left] & mask
        for key in keys:
            high, low = low, high ^ (_mixed(low, key) & mask)
        found[left] = high << np.uint64(half) | low
        left = left[found[left] >= count]
    return found.astype(np.int64)


def _unit(numbers: NDArray[np.int64], key: int) -> NDArray[np.float64]:
    """Return a number from 0 to below 1 for each of `numbers`."""
    return (_mixed(numbers.astype(np.uint64), key) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(numbers: NDArray[np.uint64], key: int) -> NDArray[np.uint64]:
    """Return 64 bits for each of `numbers` that look random: the mixing of SplitMix64."""
    mixed = numbers * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
