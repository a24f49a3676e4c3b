"""Tasks on a Ray cluster, whose nodes share the folder that the tasks write to.

A node sees nothing of this process but the task; what a task makes lies in the shared folder, and
its result comes back as a value. Ray gives what a lost node was doing to another, which goes on
from what lies in the folder.
"""

import contextlib
import logging
import os
import re
import socket
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reverie.errors import ReverieError, os_reason
from reverie.execution.node import Answer, Mark, perform_there
from reverie.execution.task import Done, Task
from reverie.remote.places import place_of
from reverie.search_path import PACKAGES
from reverie.storage import write_text
from reverie.terminal import echo

RETRIES = 10
"""Nodes that may be lost while they do one task."""
POLL_SECONDS = 0.5
GRACE_SECONDS = 20.0
"""In which tasks that are ended may write what they have."""
LISTENS_WITHIN_SECONDS = 10.0
NO_CLUSTER = (
    "Begin one (docs/scale.md says how), name its host and port, or write `ray=local` for one of "
    "this machine alone."
)
SHARE_CACHE = (
    "What goes to an URL is made in the cache: set REVERIE_CACHE to a folder on a disk that all "
    "nodes have under the same path."
)
_HOST_AND_PORT = re.compile(r"([^/\s]+):(\d{1,5})")
LOCAL = "local"
"""The address of a cluster that is begun on this machine and ends with the work."""


@dataclass
class _Pending:
    task: Task
    lost: int = 0
    """How often a worker was ended while it did it."""


@dataclass
class RayExecutor:
    """Does tasks on the nodes of a Ray cluster, as many at once as they have processors for.

    Args:
        address: of the cluster, `host:port`; `auto` for the one that this machine is part of, or
            that `RAY_ADDRESS` names; `local` for one of this machine alone. Where this process is
            connected to a cluster already, that one is taken.
        folder: which all nodes have under the same path; tasks write within it.
        quiet: do not tell of nodes that differ.

    Raises:
        ReverieError: Ray is not installed, or there is no such cluster.
    """

    address: str
    folder: Path
    quiet: bool = False
    is_remote: bool = field(default=True, init=False)
    has_room: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        self._pending: dict[Any, _Pending] = {}
        self._processors: dict[str, str] = {}
        self._ray, self._is_ours = _connected(self.address)
        # By its name it is swept away should this process be killed.
        mark = f".ray-{uuid.uuid4().hex}.{os.getpid()}.partial"
        path = str(self.folder.resolve() / mark)
        self._mark = Mark(path, remedy=SHARE_CACHE) if place_of(self.folder) else Mark(path)

    def __enter__(self) -> Self:
        write_text(Path(self._mark.path), self._mark.text)
        self._remote: Any = self._ray.remote(perform_there)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._cancel()
        finally:
            Path(self._mark.path).unlink(missing_ok=True)
            if self._is_ours:
                self._ray.shutdown()

    @property
    def is_busy(self) -> bool:
        """Whether tasks are not done yet."""
        return bool(self._pending)

    @property
    def processors(self) -> list[int]:
        """How many processors each node has that has any."""
        sizes = (node["Resources"].get("CPU", 0.0) for node in self._ray.nodes() if node["Alive"])
        return [int(size) for size in sizes if size >= 1]

    def submit(self, task: Task) -> None:
        """Give a task to the cluster."""
        self._give(_Pending(task))

    def next(self) -> Done:
        """Wait for whichever task is done next.

        Raises:
            ReverieError: a node lacks the folder, or has another version of Reverie.
        """
        while True:
            ready, _ = self._ray.wait(list(self._pending), num_returns=1, timeout=POLL_SECONDS)
            if not ready:
                continue
            pending = self._pending.pop(ready[0])
            done = self._result(ready[0], pending)
            if done is not None:
                return done

    def _give(self, pending: _Pending) -> None:
        task, ray = pending.task, self._ray
        # More threads than a node has processors only make it slower; the result stays the same.
        processors = min(task.threads, max([1, *self.processors]))
        has_gpu = task.gpu and ray.cluster_resources().get("GPU", 0.0) >= 1
        options = {
            "name": task.name,
            "num_cpus": processors,
            "max_retries": RETRIES,
            **({"num_gpus": 1} if has_gpu else {}),
        }
        reference = self._remote.options(**options).remote(task, self._mark)
        self._pending[reference] = pending

    def _result(self, reference: Any, pending: _Pending) -> Done | None:
        """What came of a task; None where it was given to the cluster again."""
        ray, task = self._ray, pending.task
        try:
            answer: Answer = ray.get(reference)
        except ray.exceptions.TaskCancelledError:
            # Whoever ends a node asks its workers to end, and this one did.
            if pending.lost >= RETRIES:
                return Done(task, failed=f"its worker was ended {RETRIES + 1} times")
            self._give(_Pending(task, pending.lost + 1))
            return None
        except ray.exceptions.OutOfMemoryError:
            return Done(task, failed="there was not enough memory on its node")
        except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError) as error:
            said = str(error).strip().partition("\n")[0]
            return Done(task, failed=f"it was lost {RETRIES + 1} times: {said}")
        if answer.done is None:
            raise ReverieError(answer.problem, answer.remedy)
        self._note(answer)
        return answer.done

    def _note(self, answer: Answer) -> None:
        """Say of each new kind of processor that its results differ in the last bit."""
        kinds = set(self._processors.values())
        self._processors[answer.node] = answer.processor
        if len({*self._processors.values()}) > max(1, len(kinds)) and not self.quiet:
            echo(
                f"note: {answer.node} has another processor than other nodes "
                f"({answer.processor}): figures may differ in their last digits by where they "
                "are computed",
                err=True,
            )

    def _cancel(self) -> None:
        """End what is not done; what writes checkpoints has time to write one."""
        left = list(self._pending)
        self._pending.clear()
        if not left or not self._ray.is_initialized():
            return
        for reference in left:
            self._ray.cancel(reference)
        until = time.monotonic() + GRACE_SECONDS
        while left and time.monotonic() < until:
            _, left = self._ray.wait(left, num_returns=len(left), timeout=POLL_SECONDS)
        for reference in left:
            self._ray.cancel(reference, force=True)


def _connected(address: str) -> tuple[Any, bool]:
    """Ray, connected, and whether this connected it."""
    ray = _library()
    if ray.is_initialized():
        return ray, False
    if host_and_port := _HOST_AND_PORT.fullmatch(address):
        _require_listener(address, host_and_port[1], int(host_and_port[2]))
    # Reverie asks the network for nothing, so the Ray that it begins does not either.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    settings: dict[str, Any] = {"include_dashboard": False} if address == LOCAL else {}
    try:
        # Ray has its workers import from the current folder, which may be a stranger's music.
        with contextlib.chdir(PACKAGES):
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **settings)
    except (ConnectionError, ValueError, RuntimeError, AssertionError) as error:
        said = str(error).strip().partition("\n")[0].rstrip(".")
        raise ReverieError(f"there is no Ray cluster at {address}: {said}.", NO_CLUSTER) from error
    return ray, True


def _require_listener(address: str, host: str, port: int) -> None:
    """Refuse an address where nothing listens, which Ray would try for a minute."""
    try:
        socket.create_connection((host, port), LISTENS_WITHIN_SECONDS).close()
    except OSError as error:
        raise ReverieError(
            f"there is no Ray cluster at {address}: {os_reason(error)}.", NO_CLUSTER
        ) from error


def _library() -> Any:
    # Where a key lies, `ray start` asks for it, and only by this is it shown. Others ask for none.
    if (Path.home() / ".ray" / "auth_token").is_file():
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    try:
        import ray  # pyright: ignore  # noqa: PLC0415 -- it is optional
    except ImportError as error:
        raise ReverieError(
            "spreading work over a cluster needs Ray, which is not installed.",
            "Install it: pip install 'reverie-music[cluster]'.",
        ) from error
    return ray
