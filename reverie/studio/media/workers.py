"""Processes that read sounds: a few, started when they are needed, replaced when they die."""

import contextlib
import json
import selectors
import subprocess
from collections.abc import Generator, Mapping
from queue import Empty, SimpleQueue
from typing import IO, Any, cast

from reverie.search_path import python_command, python_environment
from reverie.studio.problems import Problem

PROCESSES = 2
PATIENCE_SECONDS = 600.0
"""To search an hour of recordings for a copy takes half a minute."""
_SHORT_SECONDS = 0.2
_SERVE = "from reverie.studio.media.worker import serve; serve()"
_UNREADABLE = "Look whether another player plays it."


class Workers:
    """The processes that read sounds for one studio."""

    def __init__(self) -> None:
        self._idle: SimpleQueue[_Worker | None] = SimpleQueue()
        for _ in range(PROCESSES):
            self._idle.put(None)

    def ask(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """Have a process do a task, and wait for it.

        Raises:
            Problem: the sound cannot be read.
        """
        with self._one() as worker:
            result = worker.ask(task)
        if result is None:
            raise Problem(422, "The sound cannot be read: it takes too long, or ends the decoder.",
                          _UNREADABLE)  # fmt: skip
        if "problem" in result:
            raise Problem(422, str(result["problem"]), _UNREADABLE)
        return result

    def end(self) -> None:
        """End all processes that are idle; the others end by themselves after their task."""
        with contextlib.suppress(Empty):
            while True:
                worker = self._idle.get(timeout=_SHORT_SECONDS)
                if worker is not None:
                    worker.end()

    @contextlib.contextmanager
    def _one(self) -> Generator["_Worker"]:
        worker = self._idle.get()
        try:
            if worker is None or not worker.alive:
                worker = _Worker()
            yield worker
        finally:
            self._idle.put(worker)


class _Worker:
    def __init__(self) -> None:
        self.alive = True
        self._process = subprocess.Popen(
            python_command(_SERVE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=python_environment() | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
        )
        self._tasks = cast(IO[bytes], self._process.stdin)
        self._answers = cast(IO[bytes], self._process.stdout)

    def ask(self, task: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the answer to a task; None if the process died or takes too long."""
        line = b""
        with contextlib.suppress(OSError):
            self._tasks.write(json.dumps(dict(task)).encode() + b"\n")
            self._tasks.flush()
            with selectors.DefaultSelector() as ready:
                ready.register(self._answers, selectors.EVENT_READ)
                if ready.select(PATIENCE_SECONDS):
                    line = self._answers.readline()
        if not line.endswith(b"\n"):
            self.end()
            return None
        return cast(dict[str, Any], json.loads(line))

    def end(self) -> None:
        """End the process."""
        self.alive = False
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):
            self._tasks.close()
        self._answers.close()
