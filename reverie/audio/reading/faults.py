"""Collect what went wrong while a recording was decoded, and where."""

from collections.abc import Iterator
from dataclasses import dataclass

from reverie.audio.reading.tags import TAGS


@dataclass(frozen=True, slots=True)
class Fault:
    """A packet with a decoding error.

    `seconds` were decoded before it. `lost` is true if the packet gave no sound, and false if
    FFmpeg only complained; `lost_seconds` is the packet's duration, as far as it is known.
    """

    seconds: float
    lost: bool
    lost_seconds: float


class Faults:
    """A list of faults.

    Attributes:
        stopped: whether decoding was given up because there were too many.
    """

    def __init__(self) -> None:
        self._all: list[Fault] = []
        self.stopped = False

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._all)

    def add(self, seconds: float, head: bytes, *, lost: bool, lost_seconds: float = 0.0) -> None:
        """Record a fault after `seconds` of sound, in a packet that begins with `head`."""
        if not head.startswith(TAGS):
            self._all.append(Fault(seconds, lost, lost_seconds))
