"""Progress of long work on stderr, with an estimate of the time left."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from reverie.terminal import echo, printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PLAIN_INTERVAL_SECONDS = 10.0


class ProgressBar:
    """One piece of long work of known size, used as a context manager.

    On a terminal it draws a bar; elsewhere (a log, a pipe) it prints a line now and then.

    Args:
        title: what is being done, in a few words.
        total: how many steps it has.
        unit: what one step is called.
        done: steps that an earlier call did, which say nothing of this one's pace.
        quiet: show nothing at all.
    """

    def __init__(
        self, title: str, total: int, unit: str, *, done: int = 0, quiet: bool = False
    ) -> None:
        self.title, self.total, self.unit, self.quiet = title, total, unit, quiet
        self.done = self._before = done
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._began = self._last = time.monotonic()

    def __enter__(self) -> Self:
        self._began = self._last = time.monotonic()
        if not self.quiet and sys.stderr.isatty():
            self._bar = _bar(self.unit)
            self._bar.start()
            self._task = self._bar.add_task(
                self.title, total=self.total, completed=self.done, note=""
            )
        return self

    def advance(self, steps: int = 1, note: str = "") -> None:
        """Count `steps` more as done; `note` is a short word on the latest of them."""
        self.done += steps
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=self.done, note=printable(note))
            return
        now = time.monotonic()
        if not self.quiet and now - self._last > PLAIN_INTERVAL_SECONDS:
            self._last = now
            pace = (now - self._began) / max(self.done - self._before, 1)
            left = pace * max(self.total - self.done, 0)
            line = f"{self.title}: {self.done}/{self.total} {self.unit}, {duration(left)} left"
            echo(f"{line}  {note}".rstrip(), err=True)

    def expect(self, total: int) -> None:
        """Take `total` for the number of steps from now on."""
        self.total = total
        if self._bar and self._task is not None:
            self._bar.update(self._task, total=total)

    def say(self, line: str) -> None:
        """Print a line without disturbing the bar."""
        if self.quiet:
            return
        if self._bar:
            self._bar.console.print(printable(line), highlight=False, markup=False, soft_wrap=True)
        else:
            echo(line, err=True)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()


def _bar(unit: str) -> "Progress":
    # Loading rich takes half a second, which logs and pipes need not wait for.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )


def duration(seconds: float) -> str:
    """`seconds` as a person says it: `48 s`, `3 min 20 s`, `2 h 05 min`, `4 d 6 h`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def position(seconds: float) -> str:
    """A place in a recording as a player shows it, to a tenth: `1:20.5`, `1:02:03.0`."""
    tenths = round(10 * seconds)
    minutes, rest = divmod(tenths, 600)
    end = f"{rest // 10:02d}.{rest % 10}"
    return f"{minutes // 60}:{minutes % 60:02d}:{end}" if minutes >= 60 else f"{minutes}:{end}"
