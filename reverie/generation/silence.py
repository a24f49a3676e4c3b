"""Where a recording sounds, told in blocks: what comes after its last sound is no prompt.

Letters: S samples, N blocks.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32

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
        samples: mono [S], floats or int16.
        rate_hz: samples per second.
    """

    def __init__(self, samples: NDArray[Any], rate_hz: int) -> None:
        self.samples = len(samples)
        self._block = max(1, round(BLOCK_SECONDS * rate_hz))
        power = _powers(samples, self._block)
        least = max(power.max(initial=0) * 10 ** (-QUIET_DB / 10), 10 ** (SILENT_DBFS / 10))
        self._loud = np.flatnonzero(power >= least)

    @property
    def end(self) -> int:
        """The sample after the last block that sounds; 0 where none does."""
        return min((int(self._loud[-1]) + 1) * self._block, self.samples) if len(self._loud) else 0

    def end_near(self, wanted: int, lowest: int, highest: int) -> int | None:
        """Where a stretch that is to end at `wanted` ends with sound: there, else before, else
        after; None where nothing sounds from `lowest` to `highest`.

        Args:
            wanted: a sample's place, at least 1.
            lowest: the first place that will do.
            highest: the last.
        """
        block = (wanted - 1) // self._block
        after = int(np.searchsorted(self._loud, block))
        if after < len(self._loud) and self._loud[after] == block:
            return wanted
        if after > 0 and (end := (int(self._loud[after - 1]) + 1) * self._block) >= lowest:
            return end
        if after < len(self._loud) and (start := int(self._loud[after]) * self._block) < highest:
            return min(start + self._block, highest)
        return None


def _powers(samples: NDArray[Any], block: int) -> NDArray[np.float64]:
    """Power of each block about its mean, [N]; the last one, cut short, is lengthened backwards."""
    found: list[NDArray[np.float64]] = []
    whole = len(samples) // block * block
    for first in range(0, whole, block * _CHUNK_BLOCKS):
        chunk = to_float32(samples[first : min(first + block * _CHUNK_BLOCKS, whole)])
        found.append(chunk.reshape(-1, block).var(axis=1, dtype=np.float64))
    if whole < len(samples):
        found.append(np.array([to_float32(samples[-block:]).var(dtype=np.float64)]))
    return np.concatenate(found) if found else np.empty(0)
