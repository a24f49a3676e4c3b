"""Where tasks are done: here, or on a cluster."""

from pathlib import Path

from reverie.execution.cluster import RayExecutor
from reverie.execution.local import LocalExecutor


def executor_for(
    ray: str | None, folder: Path, *, quiet: bool = False
) -> LocalExecutor | RayExecutor:
    """What does the tasks that write within `folder`.

    Args:
        ray: the address of a Ray cluster, as `RayExecutor` takes it; None for this process.
        folder: of the work.
        quiet: tell nothing.

    Raises:
        ReverieError: there is no such cluster, or Ray is not installed.
    """
    return LocalExecutor() if ray is None else RayExecutor(ray, folder, quiet)
