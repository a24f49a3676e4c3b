"""List the runs in a folder from their configurations and the states of their checkpoints."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reverie.corpus.listing import folders_of_kind, last_written, tree_bytes
from reverie.corpus.ours import RUN
from reverie.errors import ReverieError
from reverie.runs.ending import limits, why_ended
from reverie.runs.exported import check_exported
from reverie.runs.files import read_config, read_corpus_record, read_recipe
from reverie.runs.states import CHECKPOINTS, is_exported, list_checkpoints, read_progress
from reverie.storage import is_held

State = Literal["training", "ended", "stopped", "begun", "exported", "damaged"]
"""`training`: a process holds it now. `ended`: its epochs, time or patience are over. `stopped`: it
can be continued. `begun`: there is no checkpoint yet. `exported`: it generates, and others can be
begun from it."""


@dataclass(frozen=True)
class ListedRun:
    """A run as a list shows it."""

    folder: Path
    state: State
    transform: str
    """What its frames are."""
    architecture: str
    description: str
    """Its recipe's."""
    epochs: int
    """Epochs done at its latest checkpoint."""
    best_saved_loss: float | None
    """The lowest held-out loss of those that a checkpoint was kept of."""
    bytes: int
    """On the disk, with its clips."""
    written: float
    """When something of it was last written, in seconds since 1970."""
    limits: str = ""
    """How long it may still be trained, in words; empty where it is not trained further."""
    problem: str = ""
    """Why it cannot be used; empty where it can."""


def list_runs(folder: Path) -> list[ListedRun]:
    """Every run in `folder`, or that it is, three folders deep, by its path.

    Raises:
        ReverieError: `folder` is none.
    """
    return [listed(one) for one in folders_of_kind(folder, RUN.__eq__)]


def listed(folder: Path) -> ListedRun:
    """Tell of the run in `folder`, be it damaged or not."""
    size = tree_bytes(folder)
    written = max(last_written(folder), last_written(folder / CHECKPOINTS))
    try:
        config, about = read_config(folder), read_corpus_record(folder)
        check_exported(folder, config, about)
        recipe = read_recipe(folder, config)
        found = list_checkpoints(folder)
        progress = read_progress(found[-1]) if found else None
    except ReverieError as error:
        problem = error.problem
        return ListedRun(folder, "damaged", "", "", "", 0, None, size, written, problem=problem)
    state: State = "begun"
    if is_exported(folder):
        state = "exported"
    elif is_held(folder):
        state = "training"
    elif progress is not None:
        state = "ended" if why_ended(recipe.training, progress) else "stopped"
    return ListedRun(
        folder,
        state,
        recipe.frames.transform,
        recipe.model.architecture,
        recipe.description,
        progress.epoch if progress else 0,
        progress.best_saved_loss if progress else None,
        size,
        written,
        "" if state in ("ended", "exported") else limits(recipe.training, progress),
    )
