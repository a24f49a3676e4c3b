"""The figures of a run: one JSON object a line, one line an epoch."""

import json
from pathlib import Path
from typing import TypedDict

from reverie.storage import clear_disk_errors, write_text


class EpochMetrics(TypedDict):
    """The figures of one epoch."""

    epoch: int
    train_loss: float
    """Mean over the epoch's steps, dropout on, without the L2 penalty."""
    held_out_loss: float | None
    """After the epoch, dropout off; None where it was not measured."""
    seconds: float
    """Spent training since the run began."""


def read_metrics(path: Path) -> list[EpochMetrics]:
    """All whole lines of `path`; a last line torn by a crash is passed over."""
    if not path.is_file():
        return []
    found: list[EpochMetrics] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


def rewind_metrics(path: Path, epoch: int) -> None:
    """Drop the lines after `epoch`, which a resumed run will write again."""
    kept = [line for line in read_metrics(path) if line["epoch"] <= epoch]
    write_text(path, "".join(json.dumps(line) + "\n" for line in kept))


def append_metrics(path: Path, metrics: EpochMetrics) -> None:
    """Add a line."""
    with clear_disk_errors(path), path.open("a", encoding="utf-8") as handle:
        handle.write(json.dumps(metrics) + "\n")
