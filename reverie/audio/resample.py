"""Resampling a stream of mono samples, piece by piece."""

import numpy as np
import soxr

from reverie.audio.mono import Samples


class Resampler:
    """Converts one stream from one rate to another, without delay or drift.

    Args:
        from_hz: rate of what is given.
        to_hz: rate of what is returned.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self.from_hz, self.to_hz = from_hz, to_hz
        self._stream = (
            None if from_hz == to_hz else soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32")
        )

    def add(self, samples: Samples) -> Samples:
        """Take float32 [n] and return what is ready, float32 [m], m from 0 up."""
        if self._stream is None:
            return samples
        return self._stream.resample_chunk(samples)

    def finish(self) -> Samples:
        """The last of the stream, float32 [m]; nothing may be added after it."""
        empty = np.zeros(0, np.float32)
        return empty if self._stream is None else self._stream.resample_chunk(empty, last=True)
