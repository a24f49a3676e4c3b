"""Checkpoints that resume exactly: weights, optimiser and the place in the epoch.

A checkpoint is a folder, written beside its name and renamed, so it is whole or not there. Its
state holds the hashes of the rest, which are checked whenever that is read. The names tell the age:
`epoch-00003` after three epochs, `epoch-00003-step-00017` inside the fourth.
"""

import dataclasses
import errno
import os
import re
import shutil
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, cast

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from reverie.errors import ReverieError, is_memory_error
from reverie.legacy import tensor_name, translate_state
from reverie.models.calibration import Calibration
from reverie.records import RECORD, as_record, read_json
from reverie.runs.calibration import CALIBRATION, save_calibration
from reverie.runs.progress import Progress
from reverie.runs.weights import (
    ANOTHER,
    check_hash,
    check_shapes,
    first_line,
    is_named_tensors,
    kind_of,
    not_numbers,
    tensors_of,
)
from reverie.storage import file_sha256, replacing, write_json

MODEL, OPTIMISER, STATE = "model.safetensors", "optimizer.pt", "state.json"
NAME = re.compile(r"epoch-(\d{5,9})(?:-step-(\d{5,12}))?", re.ASCII)
"""Of a checkpoint's folder; others beside it are left alone."""
FORMAT_VERSION = 3

LEAST_FREE_BYTES = 1 << 20
"""A disk with less room than this is called full."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True, config=RECORD)
class State(Progress):
    """What a checkpoint's `state.json` holds; hashes are None where an old version wrote none."""

    model_sha256: Sha256 | None = None
    optimizer_sha256: Sha256 | None = None
    calibration_sha256: Sha256 | None = None
    frames_sha256: Sha256 | None = None
    """Of the run's frames, which the weights belong to."""
    format_version: Literal[3] = FORMAT_VERSION

    @property
    def progress(self) -> Progress:
        """The place in training alone."""
        return Progress(**{one.name: getattr(self, one.name) for one in _fields(Progress)})


class Optimiser(Protocol):
    """What a checkpoint asks of an optimiser."""

    def state_dict(self) -> dict[str, Tensor]:
        """Its tensors by name."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` gave.

        Raises:
            ReverieError: it is of another model.
        """
        ...


def save_checkpoint(
    folder: Path,
    model: nn.Module,
    optimiser: Optimiser,
    progress: Progress,
    calibration: Calibration,
    frames_sha256: str | None = None,
) -> Path:
    """Write a checkpoint under `folder`, unless it is there already.

    Args:
        folder: of the run's checkpoints.
        model: whose weights are kept.
        optimiser: whose state is kept.
        progress: the place in training.
        calibration: what held-out music tells about sampling.
        frames_sha256: hash of the run's frames.

    Raises:
        ReverieError: a weight is no number, or the disk is full or cannot be written; older
            checkpoints are intact.
    """
    path = folder / progress.name
    if (path / STATE).is_file():
        return path
    weights = {name: value.cpu().contiguous() for name, value in model.state_dict().items()}
    mean_squares = {name: value.cpu() for name, value in optimiser.state_dict().items()}
    if broken := not_numbers(weights) or not_numbers(mean_squares):
        raise ReverieError(
            f"the model has values that are no numbers, in {broken}; {folder} holds the last good "
            "checkpoint.",
            "Lower training.learning_rate or set training.gradient_clip, and train a new run.",
        )
    with replacing(path) as temporary:
        temporary.mkdir(parents=True)
        try:
            save_file(weights, temporary / MODEL)
            save_calibration(temporary / CALIBRATION, calibration)
            torch.save(mean_squares, temporary / OPTIMISER)
        except (SafetensorError, RuntimeError) as error:
            # Both libraries hide the system's refusal in errors of their own.
            full = shutil.disk_usage(folder).free < LEAST_FREE_BYTES or "os error 28" in str(error)
            reason = errno.ENOSPC if full else errno.EIO
            raise OSError(reason, os.strerror(reason)) from error
        hashes: dict[str, str | int | None] = {
            "model_sha256": file_sha256(temporary / MODEL),
            "optimizer_sha256": file_sha256(temporary / OPTIMISER),
            "calibration_sha256": file_sha256(temporary / CALIBRATION),
            "frames_sha256": frames_sha256,
            "format_version": FORMAT_VERSION,
        }
        write_json(temporary / STATE, dataclasses.asdict(progress) | hashes)
    return path


def load_weights(path: Path, model: nn.Module) -> None:
    """Load the weights of the checkpoint at `path` into `model`.

    Raises:
        ReverieError: it is missing, broken, not what was saved, or of another model.
    """
    check_hash(path / MODEL, read_state(path).model_sha256)
    wanted = model.state_dict()
    check_shapes(path / MODEL, wanted)
    with torch.no_grad():
        for name, stored in tensors_of(path / MODEL):
            if stored.dtype != wanted[name].dtype:
                raise ReverieError(
                    f"{path / MODEL} cannot be loaded: {name} holds {kind_of(stored)}, and the "
                    f"model has {kind_of(wanted[name])}.",
                    ANOTHER,
                )
            wanted[name].copy_(stored)
    if broken := not_numbers(wanted):
        raise ReverieError(
            f"{path / MODEL} cannot be loaded: there are values that are no numbers in {broken}.",
            ANOTHER,
        )


def load_checkpoint(path: Path, model: nn.Module, optimiser: Optimiser) -> State:
    """Load everything of the checkpoint at `path`.

    Raises:
        ReverieError: it is broken, not what was saved, or of another model.
    """
    state = read_state(path)
    load_weights(path, model)
    check_hash(path / OPTIMISER, state.optimizer_sha256)
    try:
        stored = torch.load(path / OPTIMISER, map_location="cpu", weights_only=True)
        if not is_named_tensors(stored):
            raise ValueError("it holds other things than mean squares")
        if broken := not_numbers(stored):
            raise ValueError(f"there are values that are no numbers in {broken}")
        optimiser.load_state_dict({tensor_name(name): value for name, value in stored.items()})
    except Exception as error:  # torch.load raises whatever a broken file provokes
        if is_memory_error(error):
            raise
        raise ReverieError(
            f"{path / OPTIMISER} cannot be loaded: {first_line(error)}.", ANOTHER
        ) from error
    return state


def read_state(path: Path) -> State:
    """What the checkpoint at `path` says of itself.

    Raises:
        ReverieError: it says nothing, or what cannot be.
    """
    file = path / STATE
    values: object = read_json(file, "a checkpoint")
    if isinstance(values, dict):
        values = translate_state(cast(dict[str, Any], values))
        needed = [field.name for field in _fields(State)]
        lost = [name for name in needed if name not in values]
        if lost:
            raise ReverieError(f"{file} is damaged: it has lost {', '.join(lost)}.", ANOTHER)
    state = as_record(cast(object, values), State, str(file), remedy=ANOTHER)
    if state.name != path.name:
        raise ReverieError(
            f"{file} is damaged: it is of {state.name}, and lies in {path.name}.", ANOTHER
        )
    return state


def read_progress(path: Path) -> Progress:
    """The place in training of the checkpoint at `path`.

    Raises:
        ReverieError: as `read_state`.
    """
    return read_state(path).progress


def list_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints under `folder`, oldest first, whole or damaged."""
    if not folder.is_dir():
        return []
    found = [(NAME.fullmatch(path.name), path) for path in folder.iterdir()]
    aged = [
        (int(match[1]), int(match[2] or 0), path)
        for match, path in found
        if match and path.is_dir()
    ]
    return [path for _, _, path in sorted(aged)]


def prune_checkpoints(folder: Path, keep_epochs: set[int]) -> None:
    """Remove all but the newest checkpoint and those of `keep_epochs`, and leftovers of a crash."""
    kept = {Progress(epoch).name for epoch in keep_epochs}
    for path in list_checkpoints(folder)[:-1]:
        if path.name not in kept:
            shutil.rmtree(path)
    for leftover in folder.glob(".*.partial"):
        shutil.rmtree(leftover, ignore_errors=True)


def _fields(kind: type[Progress]) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(kind)
