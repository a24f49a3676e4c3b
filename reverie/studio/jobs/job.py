"""One job as its folder shows it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from reverie.errors import INTERRUPTED, ReverieError
from reverie.studio.jobs.command import line_of
from reverie.studio.jobs.files import (
    EndedRecord,
    JobRecord,
    ProcessRecord,
    State,
    is_alive,
    last_output,
    read_ended,
    read_job,
    read_process,
    read_progress,
)

_GOING = {"queued", "running", "stopping"}
_LAST_LINES_BYTES = 2048


@dataclass(frozen=True)
class Job:
    """A job."""

    folder: Path
    record: JobRecord
    state: State
    process: ProcessRecord | None
    ended: EndedRecord | None

    @property
    def name(self) -> str:
        """Its name among the jobs."""
        return self.folder.name

    @property
    def is_going(self) -> bool:
        """Whether it waits or runs."""
        return self.state in _GOING

    def as_json(self) -> dict[str, Any]:
        """Everything a page shows of it, but for its output."""
        can = {"queued": ["stop", "remove"], "running": ["stop"], "stopping": ["stop"]}
        return {
            "id": self.name,
            "kind": self.record.kind,
            "command": list(self.record.command),
            "line": line_of(self.record.command),
            "folder": self.record.out,
            "state": self.state,
            "made": self.record.asked,
            "began": self.process.began if self.process else None,
            "ended": self.ended.at if self.ended else None,
            "code": self.ended.code if self.ended else None,
            "problem": self.problem,
            "progress": read_progress(self.folder) if self.state in {"running", "stopping"}
            else None,
            "can": can.get(self.state, ["continue", "remove"]),
        }  # fmt: skip

    @cached_property
    def problem(self) -> str:
        """Why it failed, in a sentence; empty if it did not."""
        if self.state == "killed":
            return "Its process was ended from outside. Go on: what it had made is kept."
        if self.state != "failed":
            return ""
        lines = [line.strip() for line in last_output(self.folder, _LAST_LINES_BYTES).splitlines()]
        said = next((line for line in reversed(lines) if line), "It ended without a word.")
        return said.removeprefix("reverie: ")


def read(folder: Path) -> Job | None:
    """Return the job in `folder`; None if there is none, or it is damaged."""
    try:
        record = read_job(folder)
    except ReverieError:
        return None
    # In this order: the process is written while the lock is held, and the end before it is free.
    process = read_process(folder)
    alive = is_alive(folder)
    ended = read_ended(folder)
    state: State
    if ended is not None:
        state = _end_of(record, ended)
    elif alive:
        state = "stopping" if record.stop_asked else "running"
    elif process is None:
        state = "queued"
    else:
        state = "stopped" if record.stop_asked else "killed"
    return Job(folder, record, state, process, ended)


def _end_of(record: JobRecord, ended: EndedRecord) -> State:
    if ended.code == 0:
        return "stopped" if record.stop_asked and record.weight == "service" else "done"
    if ended.code in {None, INTERRUPTED} or (record.stop_asked and (ended.code or 0) < 0):
        return "stopped"
    return "killed" if (ended.code or 0) < 0 else "failed"
