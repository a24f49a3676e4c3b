"""Progress of long work on stderr, with an estimate of the time left."""

import json
import math
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from reverie.storage import beside
from reverie.terminal import echo, printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PLAIN_INTERVAL_SECONDS = 10.0
HALF_LIFE_SECONDS = 10.0
"""After so long, what was measured counts half."""


REPORT_SECONDS = 0.25
"""Between two reports to a file."""
_report: Path | None = None
"""The file for other programs, if one is asked for."""


def report_to(path: Path | None) -> None:
    """Write the progress of this process to a file too, for another program.

    The file is JSON: `title`, `done`, `total`, `unit`, `note`, `left_seconds`; what nobody knows is
    null. It is replaced whole, at most four times a second.

    Args:
        path: of the file; None for none any more.
    """
    global _report  # noqa: PLW0603 -- of the whole process, as its terminal is
    _report = path


class RecentPace:
    """Seconds a step takes, in a mean that forgets: it follows a machine that becomes busy.

    Args:
        expected_seconds: of a step, before one was measured; counts as one step. 0 for none.
    """

    def __init__(self, expected_seconds: float = 0.0) -> None:
        self._seconds = expected_seconds
        self._steps = 1.0 if expected_seconds else 0.0

    @property
    def seconds(self) -> float:
        """Of one step; 0 before anything is known."""
        return self._seconds / self._steps if self._steps else 0.0

    def note(self, seconds: float, steps: float = 1.0) -> None:
        """Count `steps` that took `seconds` together."""
        kept = 0.5 ** (seconds / HALF_LIFE_SECONDS)
        self._seconds = kept * self._seconds + seconds
        self._steps = kept * self._steps + steps


class ProgressBar:
    """One piece of long work of known size, used as a context manager.

    On a terminal it draws a bar; elsewhere (a log, a pipe) it prints a line now and then.

    Args:
        title: what is being done, in a few words.
        total: how many steps it has; None where nobody knows.
        unit: what one step is called.
        done: steps that an earlier call did, which say nothing of this one's pace.
        quiet: show nothing at all.
    """

    def __init__(
        self, title: str, total: int | None, unit: str, *, done: int = 0, quiet: bool = False
    ) -> None:
        self.title, self.total, self.unit, self.quiet = title, total, unit, quiet
        self.done = done
        self._pace = RecentPace()
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._told = self._last = time.monotonic()
        self._reported = -math.inf
        self._note, self._left_seconds = "", math.inf

    def __enter__(self) -> Self:
        self._told = self._last = time.monotonic()
        self._write_report()
        if not self.quiet and sys.stderr.isatty():
            self._bar = _bar(self.unit)
            self._bar.start()
            self._task = self._bar.add_task(
                self.title, total=self.total, completed=self.done, note="", left=""
            )
        return self

    def advance(self, steps: int = 1, note: str = "", left_seconds: float | None = None) -> None:
        """Count `steps` more as done.

        Args:
            steps: so many.
            note: a short word on the latest of them.
            left_seconds: until the end, where that is known better than from the recent pace;
                infinite where nobody knows.
        """
        self.done += steps
        now = time.monotonic()
        self._pace.note(now - self._last, steps)
        self._last = now
        if left_seconds is None and self.total is not None:
            left_seconds = self._pace.seconds * max(self.total - self.done, 0)
        left = ""
        self._note, self._left_seconds = note, math.inf if left_seconds is None else left_seconds
        if now - self._reported >= REPORT_SECONDS:
            self._write_report()
        if math.isfinite(self._left_seconds):
            left = f"{duration(self._left_seconds)} left"
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=self.done, note=printable(note), left=left)
        elif not self.quiet and now - self._told > PLAIN_INTERVAL_SECONDS:
            self._told = now
            of_all = "" if self.total is None else f"/{self.total}"
            parts = [f"{self.title}: {self.done}{of_all} {self.unit}", *([left] if left else [])]
            echo(f"{', '.join(parts)}  {note}".rstrip(), err=True)

    def expect(self, total: int | None) -> None:
        """Take `total` for the number of steps from now on; None where nobody knows."""
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
        self._write_report()
        if self._bar:
            self._bar.stop()

    def _write_report(self) -> None:
        """Tell the file of reports, if there is one, of the latest state."""
        if _report is None:
            return
        self._reported = time.monotonic()
        left = round(self._left_seconds, 3) if math.isfinite(self._left_seconds) else None
        said = {"title": self.title, "done": self.done, "total": self.total, "unit": self.unit,
                "note": self._note, "left_seconds": left}  # fmt: skip
        # Not flushed to the disk: after a crash nobody needs it. Work goes on where it fails.
        with suppress(OSError):
            temporary = beside(_report)
            temporary.write_text(json.dumps(said))
            temporary.replace(_report)


def _bar(unit: str) -> "Progress":
    # Loading rich takes half a second, which logs and pipes need not wait for.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}", markup=False),
        TextColumn("{task.fields[note]}", markup=False),
        console=Console(stderr=True),
        transient=True,
        expand=True,
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
