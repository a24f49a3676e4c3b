"""A piece of work, what came of it, and what does such pieces."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from reverie.errors import ReverieError


@dataclass(frozen=True)
class Task:
    """A piece of work that leaves its result on the disk, so that doing it again goes on."""

    name: str
    """Of its own."""
    function: Callable[..., Any]
    """Of a module. It does only what is missing, and its result does not depend on where it ran."""
    arguments: tuple[Any, ...]
    threads: int = 1
    """Processors that it keeps busy."""
    gpu: bool = False
    """Whether it uses a GPU where the machines have one."""
    holds: Path | None = None
    """The folder that it holds for itself while it works."""


@dataclass(frozen=True)
class Done:
    """A task that is done, or that failed."""

    task: Task
    value: Any = None
    """What the function returned."""
    failed: str = ""
    """Why it could not be done, in words; empty where it was."""
    seconds: float = 0.0
    """How long the function took."""


class Executor(Protocol):
    """Does tasks; a context manager, whose end ends what is not done."""

    @property
    def is_remote(self) -> bool:
        """Whether tasks are done by other processes, which show no progress."""
        ...

    @property
    def has_room(self) -> bool:
        """Whether another task may be given already."""
        ...

    @property
    def is_busy(self) -> bool:
        """Whether tasks were given that `next` has not returned."""
        ...

    def submit(self, task: Task) -> None:
        """Take a task."""
        ...

    def next(self) -> Done:
        """Wait for one of the tasks.

        Raises:
            ReverieError: tasks can be done nowhere.
            Exception: whatever a task raised besides its `ReverieError`.
        """
        ...


def perform(task: Task) -> Done:
    """Do a task here and now; what it raises besides a `ReverieError` is raised."""
    began = time.monotonic()
    try:
        value, failed = task.function(*task.arguments), ""
    except (ReverieError, MemoryError) as error:
        value, failed = None, str(error) or "there was not enough memory"
    return Done(task, value, failed, time.monotonic() - began)


def do_all(
    executor: Executor, tasks: Iterable[Task], then: Callable[[Done], Sequence[Task]]
) -> None:
    """Do tasks, and those that follow from what came of them.

    Where tasks are done one after another, what follows from one is done before the next of
    `tasks`.

    Args:
        executor: does them.
        tasks: in order; the next is asked for once the executor has room.
        then: told of each task that is done, gives those that follow from it.
    """
    first, follow = iter(tasks), list[Task]()
    while True:
        while executor.has_room:
            task = follow.pop() if follow else next(first, None)
            if task is None:
                break
            executor.submit(task)
        if not executor.is_busy:
            return
        follow.extend(reversed(then(executor.next())))
