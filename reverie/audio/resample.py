"""Resample a stream of mono samples piece by piece."""

from collections.abc import Iterator

import numpy as np
import soxr

from reverie.audio.reading.mixing import Samples

PIECE_SAMPLES = 1 << 16
"""Samples resampled at a time, so that memory depends neither on a codec's blocks nor on the
rates."""


class Resampler:
    """Convert one stream from one rate to another without delay or drift.

    Args:
        from_hz: input rate.
        to_hz: output rate.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self.from_hz, self.to_hz = from_hz, to_hz
        self._stream = (
            None if from_hz == to_hz else soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32")
        )

    def add(self, samples: Samples) -> Iterator[Samples]:
        """Add float32 [n] and yield the samples that are ready, float32 [m], m > 0."""
        for start in range(0, len(samples), PIECE_SAMPLES):
            piece = samples[start : start + PIECE_SAMPLES]
            ready = piece if self._stream is None else self._stream.resample_chunk(piece)
            if len(ready):
                yield ready

    def finish(self) -> Iterator[Samples]:
        """Yield the rest of the stream, float32 [m], m > 0; nothing may be added afterwards."""
        if self._stream is not None:
            ready = self._stream.resample_chunk(np.zeros(0, np.float32), last=True)
            if len(ready):
                yield ready
