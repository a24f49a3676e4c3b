"""What plays: one stream, and for a moment two, when the music goes over to another run."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.api.run import Run
from reverie.api.stream import Stream
from reverie.audio.channels import from_public, with_channels
from reverie.audio.resample import Resampler
from reverie.frames.transforms import frame_spec

BLOCK_SECONDS = 0.064
"""Short blocks let changes be heard soon; shorter ones cost more than they give."""
FADE_SECONDS = 0.35
"""Of the music before, into that of another run."""

Samples = NDArray[np.float32]


def begin_stream(run: Run, settings: dict[str, Any], prompt: str | None) -> Stream:
    """Begin a stream of blocks that are short enough to play by.

    Args:
        run: whose.
        settings: by name.
        prompt: see `Run.stream`.

    Raises:
        ReverieError: as `Run.stream`.
    """
    hop_samples = frame_spec(run.recipe.frames, run.rate_hz).hop_samples
    frames = max(1, int(BLOCK_SECONDS * run.rate_hz / hop_samples))
    return run.stream(settings, prompt=prompt, block_frames=frames)


class Performance:
    """Endless music that may go over to another run.

    Args:
        stream: what plays first.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.made_seconds = 0.0
        """Of music, since the beginning."""
        self._begins_seconds = 0.0
        self._fade: _Fade | None = None

    @property
    def block_seconds(self) -> float:
        """Music in a block."""
        return self.stream.block_samples / self.stream.rate_hz

    @property
    def lookahead_seconds(self) -> float:
        """From the music that is made next to the first that a change affects."""
        return (self.stream.change_at_sample - self.stream.total_samples) / self.stream.rate_hz

    def next_block(self) -> Samples:
        """Make the next block: [C, S], at the rate of the stream."""
        block = from_public(next(self.stream))
        self.made_seconds += block.shape[1] / self.stream.rate_hz
        if self._fade is None:
            return block
        mixed = self._fade.into(block)
        if self._fade.is_over:
            self._fade = None
        return mixed

    def go_over(self, stream: Stream) -> None:
        """Continue with another stream; the one before fades out."""
        self._fade = _Fade(self.stream, stream.rate_hz, stream.channels)
        self.stream, self._begins_seconds = stream, self.made_seconds

    def sample_at(self, seconds: float) -> int:
        """Which sample of the stream that plays is heard at a time of all the music."""
        return max(0, round((seconds - self._begins_seconds) * self.stream.rate_hz))

    def seconds_at(self, sample: int) -> float:
        """When a sample of the stream that plays is heard."""
        return self._begins_seconds + sample / self.stream.rate_hz


class _Fade:
    """A stream that fades out under another.

    Args:
        stream: which.
        rate_hz: of the other.
        channels: of the other, C.
    """

    def __init__(self, stream: Stream, rate_hz: int, channels: int) -> None:
        self._stream, self._converter = stream, Resampler(stream.rate_hz, rate_hz, channels)
        self._ready: Samples = np.zeros((channels, 0), np.float32)
        self._length, self._at = round(FADE_SECONDS * rate_hz), 0

    @property
    def is_over(self) -> bool:
        """Whether it is no longer heard."""
        return self._at >= self._length

    def into(self, block: Samples) -> Samples:
        """Fade the next samples into a block of the other stream: [C, S]."""
        count = min(block.shape[1], self._length - self._at)
        while self._ready.shape[1] < count:
            more = with_channels(from_public(next(self._stream)), len(block))
            self._ready = np.concatenate([self._ready, *self._converter.add(more)], axis=1)
        # Equal power, since the two are not alike.
        places = np.arange(self._at, self._at + count, dtype=np.float32)
        phase = np.float32(math.pi / 2 / self._length) * places
        mixed = block.copy()
        before = self._ready[:, :count]
        mixed[:, :count] = np.sin(phase) * block[:, :count] + np.cos(phase) * before
        self._ready, self._at = self._ready[:, count:], self._at + count
        return mixed
