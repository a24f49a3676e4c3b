"""What a person should know of how a training goes on: one line each."""

from collections.abc import Iterator, Sequence

import torch

from reverie.runs.ending import epochs_text
from reverie.runs.metrics import read_metrics
from reverie.runs.run import Run
from reverie.runs.states import list_checkpoints, read_progress


def lost_notes(run: Run) -> Iterator[str]:
    """Say what a run has lost: its checkpoints, or the figures of epochs that it has trained.

    Raises:
        ReverieError: its figures or its newest checkpoint are damaged.
    """
    figures = read_metrics(run.metrics)
    found = list_checkpoints(run.folder)
    if not found:
        if figures:
            yield (
                f"{run.metrics} tells of {epochs_text(figures[-1]['epoch'])}, and no checkpoint "
                "is left: training begins anew, and writes these figures again."
            )
        return
    done = read_progress(found[-1]).epoch
    lost = done - sum(line["epoch"] <= done for line in figures)
    if lost > 0:
        yield (
            f"The figures of {epochs_text(lost)} are lost from {run.metrics}: training continues, "
            "and its curves lack them."
        )


def threads_notes(run: Run, before: Sequence[int]) -> Iterator[str]:
    """Say that a run goes on with another number of processor threads.

    Args:
        run: it.
        before: the numbers of threads that it was trained with, the latest last.
    """
    now = torch.get_num_threads()
    if before and before[-1] != now and list_checkpoints(run.folder):
        yield (
            f"The run was trained with {_threads(before[-1])} and continues with {_threads(now)}: "
            "its bytes will differ from those of a training that was never stopped."
        )


def ranks_notes(run: Run, before: Sequence[int], now: int) -> Iterator[str]:
    """Say that a run goes on with another number of processes.

    Args:
        run: it.
        before: the numbers of processes that it was trained by, the latest last.
        now: the number of them.
    """
    if before and before[-1] != now and list_checkpoints(run.folder):
        yield (
            f"The run was trained by {_processes(before[-1])} and continues with {now}: it takes "
            "the same steps but for rounding and for what dropout draws."
        )


def fallback_note(device: torch.device, error: NotImplementedError) -> str:
    """Say that training goes on on the processor, since `device` lacks an operation."""
    reason = (str(error).strip().splitlines() or ["an operation is missing"])[0]
    return (
        f"The GPU ({device.type}) cannot do all of this model, so training continues on the "
        f"processor; training.device=cpu begins there. torch says: {reason}"
    )


def _processes(count: int) -> str:
    return f"{count} process" + ("" if count == 1 else "es")


def _threads(count: int) -> str:
    return f"{count} thread" + ("" if count == 1 else "s")
