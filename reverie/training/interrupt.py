"""Ctrl-C (and a polite kill) as a wish that is granted between two steps."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class Interruptible:
    """While it is entered, SIGINT and SIGTERM only set `wished`; a second SIGINT acts at once."""

    def __init__(self) -> None:
        self.wished = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def _note(self, number: int, _: FrameType | None) -> None:
        if self.wished and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.wished = True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
