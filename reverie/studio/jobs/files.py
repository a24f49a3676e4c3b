"""The folder of a job: what it is, the process that does it, and how it ended.

job.json          the command, and when it was asked for
process.json      written by the supervisor once the process runs
progress.json     written by the process
output.log        what the process printed
ended.json        written by the supervisor at the end; missing after a kill -9
.lock             held as long as the supervisor or the process lives
"""

import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.errors import ReverieError
from reverie.records import RECORD, PathText, read_json, read_record
from reverie.studio.jobs.grammar import Weight

JOB, PROCESS, PROGRESS = "job.json", "process.json", "progress.json"
OUTPUT, ENDED, LOCK = "output.log", "ended.json", ".lock"
TAIL_BYTES = 16 * 1024
_MOST_BYTES = 1 << 26

State = Literal["queued", "running", "stopping", "done", "stopped", "failed", "killed"]
"""`killed`: its process is gone without a word."""


@dataclass(frozen=True, config=RECORD)
class JobRecord:
    """What `job.json` holds."""

    command: Annotated[tuple[PathText, ...], Field(min_length=1)]
    kind: str
    weight: Weight
    out: PathText | None
    """The name of what it writes."""
    asked: float
    """When it was asked for, in seconds since 1970."""
    queued: float
    """When it came into the queue last."""
    stop_asked: bool = False
    tries: int = 0
    """How often its supervisor was started."""


@dataclass(frozen=True, config=RECORD)
class ProcessRecord:
    """What `process.json` holds."""

    pid: int
    created: float
    """Of the process, as the system tells, to know it from a later one of the same number."""
    group: int
    """The process group, with the supervisor in it."""
    began: float


@dataclass(frozen=True, config=RECORD)
class EndedRecord:
    """What `ended.json` holds."""

    code: int | None
    """Exit status, negative for a signal; None if it was never begun."""
    at: float


def read_job(folder: Path) -> JobRecord:
    """Read what the job in `folder` is.

    Raises:
        ReverieError: it is missing or damaged.
    """
    return read_record(folder / JOB, JobRecord, "a job", most_bytes=_MOST_BYTES)


def read_process(folder: Path) -> ProcessRecord | None:
    """Read which process does the job in `folder`; None if none was begun."""
    with suppress(ReverieError):
        return read_record(folder / PROCESS, ProcessRecord, "a job's process")
    return None


def read_ended(folder: Path) -> EndedRecord | None:
    """Read how the job in `folder` ended; None if nothing says so."""
    with suppress(ReverieError):
        return read_record(folder / ENDED, EndedRecord, "a job's end")
    return None


def read_progress(folder: Path) -> dict[str, Any] | None:
    """Read the progress of the job in `folder`; None if it tells none."""
    try:
        read: object = read_json(folder / PROGRESS, "progress", most_bytes=1 << 16)
    except ReverieError:
        return None
    return cast(dict[str, Any], read) if isinstance(read, dict) else None


def last_output(folder: Path, most_bytes: int = TAIL_BYTES) -> str:
    """Return the end of what the job in `folder` printed."""
    try:
        with (folder / OUTPUT).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - most_bytes))
            return file.read(most_bytes).decode("utf-8", "replace")
    except OSError:
        return ""


def is_alive(folder: Path) -> bool:
    """Return whether the process of the job in `folder`, or its supervisor, lives."""
    try:
        with (folder / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def forget_end(folder: Path) -> None:
    """Remove what a job left of its last run, but for its output, so that it can go on."""
    for name in (ENDED, PROCESS, PROGRESS):
        (folder / name).unlink(missing_ok=True)


def as_line(value: Any) -> str:
    """Return plain values as one line of JSON."""
    return json.dumps(value, separators=(",", ":"))
