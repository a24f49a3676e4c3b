"""The process beside a job: it starts the job's command, waits for its end, and writes it down.

It belongs to no server, so that a job goes on, and its end is known, whatever becomes of the
server. Both hold the lock of the job's folder: it is free once both are gone.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

import psutil

from reverie.search_path import python_command, python_environment
from reverie.storage import write_json
from reverie.studio.jobs.files import ENDED, LOCK, OUTPUT, PROCESS, PROGRESS, read_job

RUN = "sys.argv[0] = 'reverie'\nfrom reverie.__main__ import main\nmain()"
"""The code of a process that runs the command line."""
NICENESS = 2
"""A job leaves the processor to the page and its music, as far as they want it."""
_TRIES, _PAUSE_SECONDS = 20, 0.05
"""The lock is busy for a moment while a server looks whether it is held."""


def supervise(folder: Path, home: Path) -> None:
    """Run the job in `folder` to its end, unless it runs already or has ended.

    Args:
        folder: of the job.
        home: of the studio, where the command runs.
    """
    os.nice(NICENESS)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Not ignored: the command would inherit that, and could not be stopped.
        signal.signal(number, _go_on)
    with (folder / LOCK).open("ab") as lock:
        if not _hold(lock) or (folder / ENDED).exists():
            return
        words = [*python_command(RUN), "--progress-file", str(folder / PROGRESS)]
        words += read_job(folder).command
        with (folder / OUTPUT).open("ab") as output, _held_back(signal.SIGINT):
            process = subprocess.Popen(
                words,
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=python_environment(),
                pass_fds=[lock.fileno()],
            )
        told = {
            "pid": process.pid,
            "created": psutil.Process(process.pid).create_time(),
            "group": os.getpgrp(),
            "began": time.time(),
        }
        write_json(folder / PROCESS, told)
        code = process.wait()
        write_json(folder / ENDED, {"code": code, "at": time.time()})


def supervisor_command(folder: Path, home: Path) -> list[str]:
    """Return the command of a supervisor's process."""
    code = "from reverie.studio.jobs.supervisor import main\nmain()"
    return [*python_command(code), str(folder), str(home)]


def main() -> None:
    """Supervise the job that the process was started for."""
    supervise(Path(sys.argv[1]), Path(sys.argv[2]))


@contextmanager
def _held_back(number: signal.Signals) -> Generator[None]:
    """Hold a signal back meanwhile, and from a process that is started until it takes it.

    Python itself, interrupted while it starts, ends as if it had failed.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})


def _hold(lock: IO[bytes]) -> bool:
    for _ in range(_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_SECONDS)
        else:
            return True
    return False


def _go_on(_: int, __: FrameType | None) -> None:
    """Do nothing on a signal: the command hears it too, and its end is to be written down."""
