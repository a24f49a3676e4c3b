"""The figures of a run: one JSON object a line, one line an epoch."""

import dataclasses
import json
import os
from pathlib import Path
from typing import Annotated, NotRequired, TypedDict, cast

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.errors import ReverieError
from reverie.records import RECORD, read_lines
from reverie.runs.judgement import Judgement
from reverie.storage import clear_disk_errors, open_plain, write_text

MOST_BYTES = 1 << 28
"""Of the figures of a million epochs."""


class JudgementMetrics(TypedDict):
    """The figures of the clips of one epoch: see `Judgement`."""

    distance: float
    copied_share: float
    copied_share_of_music: float
    copies_more: bool
    not_ok_share: float
    seconds: float


class EpochMetrics(TypedDict):
    """The figures of one epoch."""

    epoch: int
    train_loss: float
    """Mean over the epoch's steps, dropout on, without the L2 penalty."""
    held_out_loss: float | None
    """After the epoch, dropout off; None where it was not measured."""
    seconds: float
    """Spent training since the run began."""
    judged: NotRequired[JudgementMetrics]
    """Of its clips; absent where none were judged."""


@dataclass(frozen=True, config=RECORD)
class Line:
    """The same as it is read."""

    epoch: Annotated[int, Field(ge=1)]
    train_loss: float
    held_out_loss: float | None
    seconds: Annotated[float, Field(ge=0)]
    judged: Judgement | None = None


def judgement_metrics(judgement: Judgement) -> JudgementMetrics:
    """A judgement as the figures hold it."""
    return cast(JudgementMetrics, dataclasses.asdict(judgement))


def read_metrics(path: Path) -> list[EpochMetrics]:
    """All lines of `path`, oldest first; a last one torn by a crash is passed over.

    Raises:
        ReverieError: another line is damaged, or is not of a later epoch than the one before.
    """
    found: list[EpochMetrics] = []
    is_torn = False
    for number, line in enumerate(
        read_lines(path, Line, "the figures of a run", most_bytes=MOST_BYTES), 1
    ):
        if is_torn or (line and found and line.epoch <= found[-1]["epoch"]):
            raise ReverieError(
                f"{path} is damaged in line {number - is_torn}.",
                "Restore it from a copy, or remove that line.",
            )
        if line is None:
            is_torn = True
            continue
        figures: EpochMetrics = {
            "epoch": line.epoch,
            "train_loss": line.train_loss,
            "held_out_loss": line.held_out_loss,
            "seconds": line.seconds,
        }
        if line.judged:
            figures["judged"] = judgement_metrics(line.judged)
        found.append(figures)
    return found


def rewind_metrics(path: Path, epoch: int) -> None:
    """Drop the lines after `epoch`, which a resumed run will write again."""
    kept = [line for line in read_metrics(path) if line["epoch"] <= epoch]
    write_text(path, "".join(json.dumps(line) + "\n" for line in kept))


def append_metrics(path: Path, metrics: EpochMetrics) -> None:
    """Add a line.

    Raises:
        ReverieError: the disk refuses.
    """
    with clear_disk_errors(path), open_plain(path, "ab") as handle:
        handle.write(json.dumps(metrics).encode() + b"\n")


def settle_metrics(path: Path) -> None:
    """Bring every line to the disk, so that no checkpoint outlives those of its epochs.

    Raises:
        ReverieError: the disk refuses.
    """
    if path.is_file():
        with clear_disk_errors(path), open_plain(path, "ab") as handle:
            os.fsync(handle.fileno())
