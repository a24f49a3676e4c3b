"""Tasks one after another in this process."""

from types import TracebackType
from typing import Self

from reverie.execution.task import Done, Task, perform


class LocalExecutor:
    """Does one task after another, each when its result is asked for."""

    is_remote = False

    def __init__(self) -> None:
        self._task: Task | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._task = None

    @property
    def has_room(self) -> bool:
        """Whether no task waits."""
        return self._task is None

    @property
    def is_busy(self) -> bool:
        """Whether a task waits."""
        return self._task is not None

    def submit(self, task: Task) -> None:
        """Take a task, which waits until `next`."""
        if self._task is not None:
            raise RuntimeError("one task at a time")
        self._task = task

    def next(self) -> Done:
        """Do the task that waits."""
        if self._task is None:
            raise RuntimeError("no task waits")
        task, self._task = self._task, None
        return perform(task)
