"""Where a recording begins and ends to sound, without the silence at its ends.

Letters: C channels, S samples, K blocks.
"""

import numpy as np
from numpy.typing import NDArray

from reverie.audio.channels import mono_wave
from reverie.audio.pcm import FULL_SCALE
from reverie.audio.stft import Wave

BELOW_DB = 35.0
"""Ends that are so much softer than the whole recording are found when a corpus is prepared; it is
what the recipes over codes leave out."""
BLOCK_SECONDS = 0.1
"""Resolution with which silence is found."""
BLOCKS_AT_ONCE = 100
"""Blocks of a recording that are read at a time."""

Ends = tuple[int, int]
"""The first sample that sounds, and the one after the last."""


class BlockPowers:
    """The mean power of each block of a recording whose samples come in pieces.

    Args:
        rate_hz: of its samples.
    """

    def __init__(self, rate_hz: int) -> None:
        self._block = round(BLOCK_SECONDS * rate_hz)
        self._left = np.zeros(0, np.int16)
        self._powers: list[NDArray[np.float64]] = []
        self._samples = 0

    def add(self, samples: NDArray[np.int16]) -> None:
        """Add samples [C, S]; channels are mixed."""
        self._samples += samples.shape[1]
        mono = np.concatenate([self._left, mono_wave(samples)[:]])
        whole = len(mono) // self._block * self._block
        self._powers.append(_powers(mono[:whole], self._block))
        self._left = mono[whole:]

    def ends(self, rms_dbfs: float) -> Ends:
        """Return where a recording of this level begins and ends to sound."""
        powers = np.concatenate([*self._powers, _powers(self._left, self._block)])
        loud = np.flatnonzero(powers >= _least(rms_dbfs, BELOW_DB))
        if not len(loud):
            return 0, self._samples
        return int(loud[0]) * self._block, min((int(loud[-1]) + 1) * self._block, self._samples)


def find_ends(wave: Wave, rate_hz: int, rms_dbfs: float, below_db: float = BELOW_DB) -> Ends:
    """Find where a recording begins and ends to sound; all of it where nothing is loud enough.

    Args:
        wave: its mono mix, int16 [S].
        rate_hz: of its samples.
        rms_dbfs: its level.
        below_db: ends that are so much softer do not count, in units of tenths of a second.
    """
    block, least = round(BLOCK_SECONDS * rate_hz), _least(rms_dbfs, below_db)
    span = BLOCKS_AT_ONCE * block
    starts = range(0, len(wave), span)

    def loud(start: int) -> NDArray[np.int64]:
        return np.flatnonzero(_powers(wave[start : start + span], block) >= least)

    for start in starts:
        if len(found := loud(start)):
            first = start + int(found[0]) * block
            break
    else:
        return 0, len(wave)
    for start in reversed(starts):
        if len(found := loud(start)):
            return first, min(start + (int(found[-1]) + 1) * block, len(wave))
    raise AssertionError("what is loud from the start is loud from the end")


def _least(rms_dbfs: float, below_db: float) -> float:
    """Return the least mean power of a block that sounds."""
    return FULL_SCALE**2 * 10 ** ((rms_dbfs - below_db) / 10)


def _powers(mono: NDArray[np.int16], block: int) -> NDArray[np.float64]:
    """Return the mean power of blocks, of which the last may be shorter: [S] -> [K].

    Squares of 16 bits add up exactly, so it does not matter in which order.
    """
    squares = np.square(mono.astype(np.float64))
    whole = len(mono) // block * block
    powers = squares[:whole].reshape(-1, block).mean(axis=1)
    return powers if whole == len(mono) else np.append(powers, squares[whole:].mean())
