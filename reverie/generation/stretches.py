"""Where in a recording of one's own a prompt lies: its loudest coherent stretch.

A clip goes on from its prompt, so a prompt is music that is going on. The end of a recording hardly
ever is: a last chord dies away there. A stretch is coherent where nothing in it falls silent, and
where the music goes on for a while after it.

Of such stretches the one with the highest mean level in decibels is taken. A mean of decibels asks
that all of it is loud, where a mean of power would be content with one crash in the middle.

Letters: S samples, N blocks.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from reverie.generation.silence import BLOCK_SECONDS, Sounding, block_powers

REST_SECONDS = 0.5
"""Silence that is as long parts two stretches; a shorter rest belongs to the music."""
GOES_ON_SECONDS = 1.0
"""So long must the music go on after a stretch, if that can be had."""
STEP_DB = 0.1
"""Levels that differ by less are equal, and the earlier stretch is taken."""


class Levels:
    """The power of a recording block by block, taken piece by piece: memory hardly grows.

    Args:
        rate_hz: samples per second.
    """

    def __init__(self, rate_hz: int) -> None:
        self.samples = 0
        self.block = max(1, round(BLOCK_SECONDS * rate_hz))
        self._per_second = rate_hz / self.block
        self._powers: list[NDArray[np.float64]] = []
        self._waiting = np.empty(0, np.float32)

    def add(self, pieces: Iterable[NDArray[np.float32]]) -> "Levels":
        """Take float32 [n] after [n], to the end of the recording."""
        for piece in pieces:
            self.samples += len(piece)
            joined = np.concatenate([self._waiting, piece])
            whole = len(joined) // self.block * self.block
            self._powers.append(block_powers(joined[:whole], self.block))
            self._waiting = joined[whole:]
        if len(self._waiting):
            self._powers.append(block_powers(self._waiting, self.block))
        return self

    def sounding(self) -> Sounding:
        """Which blocks sound."""
        return Sounding(self._power(), self.samples, self.block)

    def loudest_stretch(self, length_samples: int) -> int | None:
        """Where the loudest coherent stretch of `length_samples` begins.

        Where every stretch has a rest in it, the loudest is taken that ends with sound.

        Returns:
            Its first sample; None where no stretch of that length ends with sound.
        """
        power, sounding = self._power(), self.sounding()
        count = (sounding.end - length_samples) // self.block + 1
        if count < 1:
            return None
        wide = -(-length_samples // self.block)
        loud = np.zeros(len(power), bool)
        loud[sounding.loud] = True
        ends_loud = loud[wide - 1 : wide - 1 + count]
        if not ends_loud.any():
            return None
        # All silence is alike: a rest of zeros is no worse than one of hiss.
        level = 10 * np.log10(np.maximum(power, sounding.least))
        mean = np.round(_sums(level, wide)[:count] / wide / STEP_DB)
        rest = max(1, round(REST_SECONDS * self._per_second))
        after = round(GOES_ON_SECONDS * self._per_second)
        for fit in (
            ends_loud & _has_no_rest(loud, wide + after, rest, count),
            ends_loud & _has_no_rest(loud, wide, rest, count),
            ends_loud,
        ):
            if fit.any():
                return int(np.argmax(np.where(fit, mean, -np.inf))) * self.block
        return None

    def _power(self) -> NDArray[np.float64]:
        return np.concatenate(self._powers) if self._powers else np.empty(0)


def _has_no_rest(loud: NDArray[np.bool_], wide: int, rest: int, count: int) -> NDArray[np.bool_]:
    """Of the stretches of `wide` blocks that begin at the first `count`: whether each lies within
    the recording and no `rest` blocks of it in a row are silent."""
    fit = np.zeros(count, bool)
    rests = _sums((~loud).astype(np.float64), rest) == rest
    inside = wide - rest + 1
    found = ~loud if inside < 1 else _sums(rests.astype(np.float64), inside) > 0
    within = min(count, len(loud) - wide + 1)
    if within > 0:
        fit[:within] = ~found[:within]
    return fit


def _sums(values: NDArray[np.float64], wide: int) -> NDArray[np.float64]:
    """The sum of each `wide` values in a row, [N - wide + 1]; none of fewer values."""
    running = np.concatenate([[0.0], np.cumsum(values)])
    return running[wide:] - running[: max(0, len(running) - wide)]
