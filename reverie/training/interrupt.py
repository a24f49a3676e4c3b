"""Ctrl-C, a polite kill and a terminal that goes, as a wish that is granted between two steps."""

import os
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = tuple(
    signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
AGAIN_SECONDS = 1.0
"""A second Ctrl-C counts only after so long: two quick ones are one wish."""
HINT = b"reverie: stopping with a checkpoint; Ctrl-C again leaves at once, without one\n"


class Interruptible:
    """While it is entered, signals that ask to end only set `wished`, from `wait` on.

    Before `wait`, and at a second Ctrl-C, it ends at once and says what is kept. What is in `held`
    is done whole in any case.

    Args:
        quiet: do not say how to leave at once.

    Attributes:
        wished: whether it was asked to end.
        kept: what is kept if it ends at once, in words.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.wished, self.kept, self._quiet = False, "nothing was begun", quiet
        self._waits = self._held = False
        self._first = 0.0
        self._before: dict[signal.Signals, Any] = {}
        self._terminals: list[int] = []

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._terminals = [number for number in (0, 1, 2) if _is_terminal(number)]
            for number in SIGNALS:
                if number.name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN:
                    continue  # nohup asked for that
                self._before[number] = signal.signal(number, self._note)
        return self

    def wait(self) -> None:
        """From now on, end between two steps."""
        self._waits = True

    @contextmanager
    def held(self) -> Generator[None]:
        """Inside, nothing ends: what is written is written whole."""
        self._held = True
        try:
            yield
        finally:
            self._held = False

    def _note(self, number: int, _: FrameType | None) -> None:
        if number not in (signal.SIGINT, signal.SIGTERM):
            self._let_go()
        again, self.wished = self.wished, True
        now = time.monotonic()
        if not again:
            self._first = now
        if self._held:
            return
        forced = again and number == signal.SIGINT and now - self._first > AGAIN_SECONDS
        if forced or not self._waits:
            raise KeyboardInterrupt(f"stopped at once; {self.kept}")
        if not again and number == signal.SIGINT and not self._quiet:
            # Not by print, in the midst of which the signal may have come.
            os.write(2, HINT)

    def _let_go(self) -> None:
        """Write to nowhere what was to go to a terminal that is no longer there."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in self._terminals:
            os.dup2(nowhere, number)
        os.close(nowhere)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def _is_terminal(number: int) -> bool:
    try:
        return os.isatty(number)
    except OSError:
        return False
