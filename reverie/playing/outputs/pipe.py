"""Music as bytes on a pipe, no faster than it is played.

Two things tell how much was heard: what the reader has not taken yet, and the clock. A sound card
takes as much as it plays, at its own rate; a program that records takes all there is.
Letters: C channels, S samples of each.
"""

import os
import select
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reverie.audio.pcm import to_int16
from reverie.audio.writing.wav import endless_header
from reverie.errors import ReverieError, os_reason
from reverie.playing.outputs.contract import sound_of

SAMPLE_BYTES = 2
CLOCK_RATE = 1.001
"""How much faster than the clock music may be taken: more than any sound card's clock is off."""
MOST_CATCH_UP_SECONDS = 2.0
"""Music that is further behind the clock than that, as after a pause, does not catch up."""

StreamFormat = Literal["wav", "raw"]


class PipeOutput:
    """16-bit samples, of two channels in turn, left first, with or without a WAV header.

    Args:
        descriptor: of the file or pipe that is written to.
        rate_hz: samples per second.
        channels: C.
        stream_format: `wav` begins with a header whose length is unknown; `raw` has none.
    """

    def __init__(
        self, descriptor: int, rate_hz: int, channels: int, stream_format: StreamFormat
    ) -> None:
        self.about = sound_of(rate_hz, channels)
        if stream_format == "raw":
            self.about += f": aplay -t raw -f S16_LE -r {rate_hz} -c {channels}"
        self._descriptor = descriptor
        self._second_bytes = SAMPLE_BYTES * channels * rate_hz
        self._unread = _unread_counter(descriptor)
        self._written, self.gaps = 0, 0
        self._began: float | None = None
        self._is_late = False
        self._header = b""
        if stream_format == "wav":
            self._header = endless_header(rate_hz, SAMPLE_BYTES, channels)

    def write(self, samples: NDArray[np.float32]) -> None:
        """Take the samples that come next, [C, S]; waits where there is no room.

        Raises:
            BrokenPipeError: nobody reads.
            ReverieError: the system refuses.
        """
        content = np.ascontiguousarray(to_int16(samples).T, "<i2").tobytes()
        if self._began is None:
            content = self._header + content
            self._written, self._began = -len(self._header), time.monotonic()
        left = memoryview(content)
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:  # somebody set the pipe so
                select.select([], [self._descriptor], [])
            except OSError as error:
                if isinstance(error, BrokenPipeError):
                    raise
                raise ReverieError(
                    f"the music cannot be written: {os_reason(error)}.",
                    "Take another reader, or another file.",
                ) from error
        self._written += len(content)

    def played_seconds(self, now: float) -> float:
        """Return how much was heard: what the reader took, or less if it reads ahead."""
        if self._began is None:
            return 0.0
        written = self._written / self._second_bytes
        by_clock = (now - self._began) * CLOCK_RATE
        unread = self._unread()
        is_late = by_clock > written and not unread  # or the reader is late, not the music
        self.gaps += is_late and not self._is_late
        self._is_late = is_late
        if by_clock > written + MOST_CATCH_UP_SECONDS:
            by_clock = written
            self._began = now - written / CLOCK_RATE
        return max(0.0, min(by_clock, written - unread / self._second_bytes))

    def require_listener(self) -> None:
        """See that the pipe has a reader still.

        Writing does not tell of one that left music in the pipe: nothing is written until that is
        taken.

        Raises:
            BrokenPipeError: nobody reads.
        """
        if hasattr(select, "poll"):  # not on Windows
            poll = select.poll()
            poll.register(self._descriptor, 0)
            if any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0)):
                raise BrokenPipeError

    def close(self) -> None:
        """Leave the rest to the reader."""


def standard_output() -> int:
    """Take the standard output for music alone: whatever prints goes to stderr from now on.

    Returns:
        the descriptor for the music.

    Raises:
        ReverieError: it is a terminal.
    """
    sys.stdout.flush()
    if os.isatty(1):
        raise ReverieError(
            "music is no text for a terminal.",
            "Pipe it to a player: `reverie play RUN --to - | aplay`.",
        )
    music = os.dup(1)
    os.dup2(2, 1)
    return music


def _unread_counter(descriptor: int) -> Callable[[], int]:
    """Return what counts the bytes that the reader of a pipe has not taken; 0 where none tells."""
    with suppress(ImportError):
        import fcntl  # noqa: PLC0415 -- Windows has neither
        import termios  # noqa: PLC0415

        def count() -> int:
            with suppress(OSError):  # a file, or a system that does not tell
                answer = fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4)
                return struct.unpack("i", answer)[0]
            return 0

        return count
    return lambda: 0
