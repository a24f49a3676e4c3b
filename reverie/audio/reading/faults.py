"""What went wrong while a recording was decoded, and where."""

from collections.abc import Iterator
from dataclasses import dataclass

from reverie.audio.reading.tags import TAGS


@dataclass(frozen=True, slots=True)
class Fault:
    """A piece that went wrong.

    `seconds` were decoded before it. `lost` tells whether nothing came of the piece, or FFmpeg
    only complained of it; `lost_seconds` is how long it would have been, as far as is known.
    """

    seconds: float
    lost: bool
    lost_seconds: float


class Faults:
    """Collects faults.

    Attributes:
        stopped: whether there were so many that decoding was given up.
    """

    def __init__(self) -> None:
        self._all: list[Fault] = []
        self.stopped = False

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._all)

    def add(self, seconds: float, head: bytes, *, lost: bool, lost_seconds: float = 0.0) -> None:
        """Note a fault after `seconds` of sound, in a piece that begins with `head`."""
        if not head.startswith(TAGS):
            self._all.append(Fault(seconds, lost, lost_seconds))
