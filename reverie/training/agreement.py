"""What all ranks agree on between two steps: the loss, the time, and whether to stop or to save."""

import threading
import time
from typing import NamedTuple

from reverie.training.interrupt import Interruptible
from reverie.training.ranks import Ranks


class Agreed(NamedTuple):
    """What all ranks know alike."""

    loss: float
    """Of their shares together."""
    seconds: float
    """Spent training, by the first one's clock."""
    to_stop: bool
    """Whether any of them was asked to."""
    to_save: bool
    """Whether a checkpoint is due, by the first one's clock."""


class Agreement:
    """Keeps the time of a training, hears who asks it to stop, and asks the other ranks.

    Args:
        ranks: which train together.
        interrupt: notes signals.
        stop: any thread may set it.
        checkpoint_minutes: between checkpoints.
    """

    def __init__(
        self,
        ranks: Ranks,
        interrupt: Interruptible,
        stop: threading.Event,
        checkpoint_minutes: float,
    ) -> None:
        self._ranks, self._interrupt, self._stop = ranks, interrupt, stop
        self._save_seconds = 60 * checkpoint_minutes
        self._began = self._saved = time.monotonic()

    def begin(self, seconds: float) -> None:
        """Begin to count, from the seconds that were spent training before; signals now wait."""
        self._began, self._saved = time.monotonic() - seconds, time.monotonic()
        self._interrupt.wait()

    def saved(self) -> None:
        """Note that a checkpoint was written."""
        self._saved = time.monotonic()

    def reach(self, loss: float = 0.0) -> Agreed:
        """Agree; every rank must ask. The losses of their shares are added."""
        now, first = time.monotonic(), self._ranks.is_first
        loss, seconds, to_stop, to_save = self._ranks.sum(
            loss,
            first * (now - self._began),
            self._interrupt.wished or self._stop.is_set(),
            first * (now - self._saved > self._save_seconds),
        )
        return Agreed(loss, seconds, to_stop > 0, to_save > 0)
