"""Resample a stream of samples piece by piece."""

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
        channels: C.
    """

    def __init__(self, from_hz: int, to_hz: int, channels: int = 1) -> None:
        self.from_hz, self.to_hz, self.channels = from_hz, to_hz, channels
        self._stream = (
            None
            if from_hz == to_hz
            else soxr.ResampleStream(from_hz, to_hz, channels, dtype="float32")
        )

    def add(self, samples: Samples) -> Iterator[Samples]:
        """Add float32 [C, n] and yield the samples that are ready, float32 [C, m], m > 0."""
        for start in range(0, samples.shape[1], PIECE_SAMPLES):
            piece = samples[:, start : start + PIECE_SAMPLES]
            ready = piece if self._stream is None else self._resampled(piece)
            if ready.shape[1]:
                yield ready

    def finish(self) -> Iterator[Samples]:
        """Yield the rest of the stream, float32 [C, m], m > 0; nothing may be added afterwards."""
        if self._stream is not None:
            ready = self._resampled(np.zeros((self.channels, 0), np.float32), last=True)
            if ready.shape[1]:
                yield ready

    def _resampled(self, piece: Samples, *, last: bool = False) -> Samples:
        """Resample [C, n]; soxr takes the channels of one moment beside each other."""
        assert self._stream is not None
        frames = piece[0] if self.channels == 1 else np.ascontiguousarray(piece.T)
        ready = self._stream.resample_chunk(frames, last=last)
        return ready[None] if self.channels == 1 else ready.T
