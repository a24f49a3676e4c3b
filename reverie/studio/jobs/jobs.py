"""All jobs of a studio: the queue, and what the page may do with each.

The folder of jobs is the only memory: a new server reads from it which jobs run, wait or are over.
"""

import dataclasses
import os
import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from reverie.errors import ReverieError
from reverie.search_path import python_environment
from reverie.storage import is_held, own_folder, write_json
from reverie.studio.home import Home
from reverie.studio.jobs.command import Command
from reverie.studio.jobs.files import ENDED, JOB, JobRecord, forget_end
from reverie.studio.jobs.job import Job, read
from reverie.studio.jobs.supervisor import supervisor_command
from reverie.studio.problems import Problem, missing

SLOTS = {"heavy": 1, "light": 2, "service": 8}
"""How many jobs of a weight run at once."""
MOST_KEPT, MOST_QUEUED = 200, 100
LOOK_SECONDS = 0.5
MOST_TRIES = 3
_PROCESS_SLACK_SECONDS = 1.0


class Jobs:
    """The jobs of a studio.

    Args:
        home: the studio's folder.

    Raises:
        ReverieError: the folder of jobs cannot be made.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._folder = own_folder(home.state / "jobs")
        self._lock = threading.RLock()
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._interrupted: set[tuple[str, int]] = set()
        self._told: dict[str, dict[str, Any]] = {}
        self._ended: dict[str, Job] = {}

    def all(self) -> list[Job]:
        """Return all jobs, newest first."""
        with self._lock:
            read = (self._read(path.name) for path in self._folder.iterdir())
            jobs = [job for job in read if job is not None]
        return sorted(jobs, key=lambda job: (job.record.asked, job.name), reverse=True)

    def get(self, name: str) -> Job:
        """Return a job.

        Raises:
            Problem: there is none of that name.
        """
        job = self._read(name) if name.replace("-", "").isalnum() else None
        if job is None:
            raise missing(name, "job")
        return job

    def add(self, command: Command) -> Job:
        """Put a command into the queue.

        Raises:
            Problem: a job, or another process, writes the same folder; or the queue is full.
        """
        with self._lock:
            jobs = self.all()
            self._refuse_second(command.out, [job for job in jobs if job.is_going])
            if sum(job.state == "queued" for job in jobs) >= MOST_QUEUED:
                raise Problem(429, "Too many jobs wait.", "Remove some of them.")
            self._forget_oldest(jobs)
            now = time.time()
            out = None if command.out is None else self._home.name(command.out)
            record = JobRecord(command.words, command.kind, command.weight, out, now, now)
            name = time.strftime("%Y%m%d-%H%M%S", time.localtime(now)) + f"-{secrets.token_hex(2)}"
            own_folder(self._folder / name)
            self._write(name, record)
            self.advance()
            return self.get(name)

    def stop(self, name: str) -> Job:
        """Ask a job to stop: it writes a checkpoint first. One that waits leaves the queue.

        Raises:
            Problem: there is no such job, or it is over.
        """
        with self._lock:
            job = self.get(name)
            if not job.is_going:
                raise Problem(409, "The job is over already.", "Reload the page.")
            self._write(name, dataclasses.replace(job.record, stop_asked=True))
            if not self._runs(job):
                write_json(job.folder / ENDED, {"code": None, "at": time.time()})
            self.advance()
            return self.get(name)

    def resume(self, name: str) -> Job:
        """Put the same command into the queue again, which goes on where it was.

        Raises:
            Problem: there is no such job, it is not over, or another writes the same folder.
        """
        with self._lock:
            job = self.get(name)
            if job.is_going:
                raise Problem(409, "The job is not over yet.", "Stop it first.")
            out = None if job.record.out is None else self._home.path(job.record.out)
            self._refuse_second(out, [one for one in self.all() if one.is_going])
            record = dataclasses.replace(job.record, queued=time.time(), stop_asked=False, tries=0)
            self._ended.pop(name, None)
            self._write(name, record)
            forget_end(job.folder)
            self.advance()
            return self.get(name)

    def remove(self, name: str) -> None:
        """Forget a job that is over; what it made stays.

        Raises:
            Problem: there is no such job, or it runs.
        """
        with self._lock:
            job = self.get(name)
            if job.is_going and self._runs(job):
                raise Problem(409, "The job runs.", "Stop it first.")
            self._ended.pop(name, None)
            shutil.rmtree(job.folder)

    def advance(self) -> None:
        """Start what waits, as far as there is room, and interrupt what is to stop."""
        with self._lock:
            for name in [name for name, one in self._started.items() if one.poll() is not None]:
                del self._started[name]
            going = [job for job in self.all() if job.is_going]
            for job in going:
                if job.record.stop_asked:
                    self._interrupt(job)
            running = [job for job in going if self._runs(job)]
            waiting = [job for job in going if not self._runs(job)]
            for job in sorted(waiting, key=lambda one: one.record.queued):
                weight = job.record.weight
                same = sum(one.record.weight == weight for one in running)
                taken = {_written(one.record) for one in running} - {None}
                if same < SLOTS[weight] and _written(job.record) not in taken:
                    self._start(job)
                    running.append(job)

    def run_queue(self, stop: threading.Event) -> None:
        """Start what waits, again and again until `stop` is set: for a thread of its own."""
        while not stop.wait(LOOK_SECONDS):
            with suppress(OSError, ReverieError):
                self.advance()
        with self._lock:
            for supervisor in self._started.values():
                if supervisor.poll() is None:
                    supervisor.returncode = 0  # it goes on, and nobody waits for it
            self._started.clear()

    def changes(self) -> Iterator[tuple[str, Any]]:
        """Yield an event for each job that changed since the last call."""
        with self._lock:
            now = {job.name: job.as_json() for job in self.all()}
            before, self._told = self._told, now
        for name, told in now.items():
            if before.get(name) != told:
                yield "job", told
        states = {name: told["state"] for name, told in now.items()}
        if states != {name: told["state"] for name, told in before.items()}:
            yield "changed", {"kinds": ["jobs"]}

    def _runs(self, job: Job) -> bool:
        return job.state != "queued" or job.name in self._started

    def _read(self, name: str) -> Job | None:
        """Return a job, or None; one that is over is read once."""
        kept = self._ended.get(name)
        if kept is not None:
            return kept
        job = read(self._folder / name)
        if job is not None and job.ended is not None:
            self._ended[name] = job
        return job

    def _write(self, name: str, record: JobRecord) -> None:
        write_json(self._folder / name / JOB, dataclasses.asdict(record))

    def _start(self, job: Job) -> None:
        if job.record.tries >= MOST_TRIES:
            write_json(job.folder / ENDED, {"code": 1, "at": time.time()})
            return
        self._write(job.name, dataclasses.replace(job.record, tries=job.record.tries + 1))
        self._started[job.name] = subprocess.Popen(
            supervisor_command(job.folder, self._home.folder),
            cwd=self._home.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=python_environment(),
            start_new_session=True,
        )

    def _interrupt(self, job: Job) -> None:
        """Send the job's process once what Ctrl-C sends; end what is left of one that is gone."""
        process = job.process
        if process is None or (job.name, process.pid) in self._interrupted:
            return
        self._interrupted.add((job.name, process.pid))
        with suppress(psutil.Error, ProcessLookupError):
            live = psutil.Process(process.pid)
            if abs(live.create_time() - process.created) < _PROCESS_SLACK_SECONDS:
                live.send_signal(signal.SIGINT)
                return
        with suppress(OSError):
            os.killpg(process.group, signal.SIGKILL)

    def _refuse_second(self, out: Path | None, going: list[Job]) -> None:
        if out is None:
            return
        name = self._home.name(out)
        if any(job.record.out == name for job in going):
            raise Problem(409, f"A job writes {name} already.", "Wait for its end, or stop it.")
        if is_held(out):
            raise Problem(
                409, f"{name} is being written by another process.", "Wait for it to end."
            )

    def _forget_oldest(self, jobs: list[Job]) -> None:
        over = [job for job in jobs if not job.is_going]
        for job in over[MOST_KEPT:]:
            self._ended.pop(job.name, None)
            shutil.rmtree(job.folder, ignore_errors=True)


def _written(record: JobRecord) -> str | None:
    """Return what one job at a time may write: its folder, or that of the clips of a run."""
    if record.out is None and record.kind == "generate":
        return f"{record.command[1]}/clips"
    return record.out
