"""Find where a recording sounds, block by block: the silence after its end is no prompt.

Letters: S samples, N blocks.
"""

import numpy as np
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32
from reverie.audio.stft import Wave

BLOCK_SECONDS = 0.05
QUIET_DB = 40.0
"""How far under the loudest block of its recording a block is silence: hiss after the last chord
is, the softest music of a recording is not."""
SILENT_DBFS = -85.0
"""What is softer than this is silence in any recording: little more than the noise of 16 bits."""
_CHUNK_BLOCKS = 1 << 12


class Sounding:
    """Which blocks of a recording sound.

    A constant offset is no sound: power is taken about the mean of each block.

    Args:
        power: of each block, [N].
        samples: how many the recording has, S.
        block: how many a block has.

    Attributes:
        least: the power of the softest block that would sound.
        loud: the blocks that sound, ascending.
    """

    def __init__(self, power: NDArray[np.float64], samples: int, block: int) -> None:
        self.samples, self._block = samples, block
        quiet = power.max(initial=0) * 10 ** (-QUIET_DB / 10)
        self.least = max(quiet, 10 ** (SILENT_DBFS / 10))
        self.loud = np.flatnonzero(power >= self.least)

    @classmethod
    def of(cls, samples: Wave, rate_hz: int) -> "Sounding":
        """Where mono samples [S] sound, floats or int16."""
        block = max(1, round(BLOCK_SECONDS * rate_hz))
        return cls(block_powers(samples, block), len(samples), block)

    @property
    def end(self) -> int:
        """The sample after the last block that sounds; 0 where none does."""
        return min((int(self.loud[-1]) + 1) * self._block, self.samples) if len(self.loud) else 0

    def end_near(self, wanted: int, lowest: int, highest: int) -> int | None:
        """Where a stretch that is to end at `wanted` ends with sound: there, else before, else
        after; None where nothing sounds from `lowest` to `highest`.

        Args:
            wanted: a sample's place, at least 1.
            lowest: the first place that will do.
            highest: the last.
        """
        block = (wanted - 1) // self._block
        after = int(np.searchsorted(self.loud, block))
        if after < len(self.loud) and self.loud[after] == block:
            return wanted
        if after > 0 and (end := (int(self.loud[after - 1]) + 1) * self._block) >= lowest:
            return end
        if after < len(self.loud) and (start := int(self.loud[after]) * self._block) < highest:
            return min(start + self._block, highest)
        return None


def block_powers(samples: Wave, block: int) -> NDArray[np.float64]:
    """Power of each block about its mean, [N]; the last one, cut short, is lengthened backwards."""
    found: list[NDArray[np.float64]] = []
    whole = len(samples) // block * block
    for first in range(0, whole, block * _CHUNK_BLOCKS):
        chunk = to_float32(samples[first : min(first + block * _CHUNK_BLOCKS, whole)])
        found.append(chunk.reshape(-1, block).var(axis=1, dtype=np.float64))
    if whole < len(samples):
        found.append(np.array([to_float32(samples[len(samples) - block :]).var(dtype=np.float64)]))
    return np.concatenate(found) if found else np.empty(0)
