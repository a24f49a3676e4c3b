"""Worker processes that analyse recordings; a crash of one affects no other."""

import json
import selectors
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from reverie.search_path import python_command, python_environment

SERVE = "from reverie.corpus.worker import serve; serve()"

SURROUNDINGS = {
    # One thread each, because there is a process for each core.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # glibc then reuses a block's memory for the next instead of asking the kernel for new pages:
    # 7000 fewer page faults in a recording of three minutes.
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
}


@dataclass(frozen=True)
class Job:
    """A recording to analyse and where to write its samples; `number` identifies it to the
    caller."""

    number: int
    path: Path
    pcm: Path
    rate_hz: int
    channels: int
    keep_damaged: bool
    normalise_dbfs: float | None = None


class Pool:
    """Up to `processes` workers, as a context manager; leaving it ends them all.

    They are fresh Python processes rather than forks or `multiprocessing`, so that nothing of the
    parent (threads, locks, a main module without a guard) affects them.
    """

    def __init__(self, processes: int) -> None:
        self.processes = processes
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        self._workers = [_Worker() for _ in range(self.processes)]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.end()

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, dict[str, Any]]]:
        """Run all jobs, and yield each with its worker's answer as it arrives.

        If a worker dies, the answer to its job is the reason, and a new worker replaces it.
        """
        waiting = iter(jobs)
        with selectors.DefaultSelector() as ready:
            for worker in self._workers:
                self._give(worker, waiting, ready)
            while ready.get_map():
                for key, _ in ready.select():
                    worker = cast(_Worker, key.data)
                    line = worker.answers.readline()
                    ready.unregister(worker.answers)
                    job = worker.job
                    answer = json.loads(line) if line.endswith(b"\n") else worker.died()
                    if not worker.alive:
                        self._workers.remove(worker)
                        worker = _Worker()
                        self._workers.append(worker)
                    self._give(worker, waiting, ready)
                    if job is not None:
                        yield job, answer

    def _give(
        self, worker: "_Worker", waiting: Iterator[Job], ready: selectors.BaseSelector
    ) -> None:
        job = next(waiting, None)
        if job is not None:
            worker.take(job)
            ready.register(worker.answers, selectors.EVENT_READ, worker)


class _Worker:
    def __init__(self) -> None:
        self.job: Job | None = None
        self.alive = True
        self._process = subprocess.Popen(
            python_command(SERVE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=python_environment() | SURROUNDINGS,
            # Ctrl-C then reaches only the parent, which ends its workers.
            start_new_session=True,
        )
        self.answers = cast(IO[bytes], self._process.stdout)

    def take(self, job: Job) -> None:
        self.job = job
        message = {
            "path": str(job.path),
            "pcm": str(job.pcm),
            "rate_hz": job.rate_hz,
            "channels": job.channels,
            "keep_damaged": job.keep_damaged,
            "normalise_dbfs": job.normalise_dbfs,
        }
        jobs = cast(IO[bytes], self._process.stdin)
        # If the worker has died, reading its answer shows it.
        with suppress(BrokenPipeError):
            jobs.write(json.dumps(message).encode() + b"\n")
            jobs.flush()

    def died(self) -> dict[str, Any]:
        self.end()
        status = self._process.returncode
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        return {"unusable": f"decoding it crashed the decoder ({how})", "lasting": False}

    def end(self) -> None:
        self.alive = False
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
