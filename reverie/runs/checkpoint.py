"""Checkpoints that resume exactly: weights, optimiser and the place in the epoch.

A checkpoint is a folder, written beside its name and renamed, so it is whole or not there. Its
state holds the hashes of the rest, which are checked whenever that is read. The names tell the age:
`epoch-00003` after three epochs, `epoch-00003-step-00017` inside the fourth.
"""

import dataclasses
import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from reverie.errors import ReverieError, is_memory_error
from reverie.legacy import tensor_name
from reverie.models.calibration import Calibration
from reverie.runs.calibration import CALIBRATION, save_calibration
from reverie.runs.progress import Progress
from reverie.runs.states import (
    ANOTHER,
    CHECKPOINTS,
    FORMAT_VERSION,
    STATE,
    State,
    list_checkpoints,
    read_state,
)
from reverie.runs.weights import (
    check_hash,
    check_shapes,
    first_line,
    is_named_tensors,
    kind_of,
    not_numbers,
    tensors_of,
)
from reverie.storage import file_sha256, replacing, write_json
from reverie.tensor_files import save_tensors

MODEL, OPTIMISER = "model.safetensors", "optimizer.pt"
LEAST_FREE_BYTES = 1 << 20
"""A disk with less room than this is called full."""


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
        write_checkpoint(temporary, weights, calibration, progress, frames_sha256, mean_squares)
    return path


def write_checkpoint(
    folder: Path,
    weights: Mapping[str, Tensor],
    calibration: Calibration,
    progress: Progress,
    frames_sha256: str | None,
    mean_squares: Mapping[str, Tensor] | None = None,
) -> None:
    """Write the files of a checkpoint into a folder.

    Args:
        folder: where they go.
        weights: of the model.
        calibration: what held-out music tells about sampling.
        progress: the place in training.
        frames_sha256: hash of the run's frames.
        mean_squares: of the optimiser; without them training cannot resume from it.

    Raises:
        OSError: the disk refuses.
    """
    try:
        save_tensors(weights, folder / MODEL)
        save_calibration(folder / CALIBRATION, calibration)
        if mean_squares is not None:
            torch.save(dict(mean_squares), folder / OPTIMISER)
    except (SafetensorError, RuntimeError) as error:
        # Both libraries hide the system's refusal in errors of their own.
        full = shutil.disk_usage(folder).free < LEAST_FREE_BYTES or "os error 28" in str(error)
        reason = errno.ENOSPC if full else errno.EIO
        raise OSError(reason, os.strerror(reason)) from error
    resumes = mean_squares is not None
    hashes: dict[str, str | int | None] = {
        "model_sha256": file_sha256(folder / MODEL),
        "optimizer_sha256": file_sha256(folder / OPTIMISER) if resumes else None,
        "calibration_sha256": file_sha256(folder / CALIBRATION),
        "frames_sha256": frames_sha256,
        "format_version": FORMAT_VERSION,
    }
    write_json(folder / STATE, dataclasses.asdict(progress) | hashes)


def load_weights(path: Path, model: nn.Module, sha256: str | None) -> None:
    """Load the weights of the file `path` into `model`.

    Args:
        path: safetensors.
        model: with memory for them.
        sha256: what the file should hash to; None where an old version kept no hash.

    Raises:
        ReverieError: it is missing, broken, not what was saved, or of another model.
    """
    check_hash(path, sha256)
    wanted = model.state_dict()
    check_shapes(path, wanted)
    with torch.no_grad():
        for name, stored in tensors_of(path):
            if stored.dtype != wanted[name].dtype:
                raise ReverieError(
                    f"{path} cannot be loaded: {name} holds {kind_of(stored)}, and the "
                    f"model has {kind_of(wanted[name])}.",
                    ANOTHER,
                )
            wanted[name].copy_(stored)
    if broken := not_numbers(wanted):
        raise ReverieError(
            f"{path} cannot be loaded: there are values that are no numbers in {broken}.",
            ANOTHER,
        )


def load_checkpoint(path: Path, model: nn.Module, optimiser: Optimiser) -> State:
    """Load everything of the checkpoint at `path`.

    Raises:
        ReverieError: it is broken, not what was saved, or of another model.
    """
    state = read_state(path)
    load_weights(path / MODEL, model, state.model_sha256)
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


def prune_checkpoints(run: Path, keep_epochs: set[int]) -> None:
    """Remove what is not to be kept of the checkpoints of the run in the folder `run`.

    The newest and those of `keep_epochs` are kept; what a crash left half written is not.
    """
    kept = {Progress(epoch).name for epoch in keep_epochs}
    for path in list_checkpoints(run)[:-1]:
        if path.name not in kept:
            shutil.rmtree(path)
    for leftover in (run / CHECKPOINTS).glob(".*.partial"):
        shutil.rmtree(leftover, ignore_errors=True)
