"""Checkpoints that resume exactly: weights, optimiser and the place in the epoch.

A checkpoint is a folder, written beside its name and renamed, so it is whole or not there. The
names sort by age: `epoch-00003` after three epochs, `epoch-00003-step-00017` inside the fourth.
"""

import dataclasses
import errno
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from reverie.errors import ReverieError
from reverie.records import read_json
from reverie.storage import replacing, write_json
from reverie.training.optimiser import RmsProp

MODEL, OPTIMISER, STATE = "model.safetensors", "optimizer.pt", "state.json"


LEAST_FREE_BYTES = 1 << 20
"""A disk with less room than this is called full."""


@dataclass(frozen=True)
class Progress:
    """The place in training that a checkpoint holds."""

    epoch: int = 0
    """Epochs done."""
    step: int = 0
    """Steps done of the next epoch."""
    loss_sum: float = 0.0
    """Of the training loss over those steps, times their sequences."""
    loss_count: int = 0
    """Sequences of those steps."""
    seconds: float = 0.0
    """Time spent training so far."""
    best_epoch: int = 0
    """The checkpointed epoch with the lowest held-out loss; 0 for none yet."""
    best_loss: float | None = None
    """Its held-out loss."""
    least_epoch: int = 0
    """The epoch with the lowest held-out loss of all measured, kept or not."""
    least_loss: float | None = None
    """Its held-out loss."""

    @property
    def name(self) -> str:
        """The name of its checkpoint."""
        return f"epoch-{self.epoch:05d}" + (f"-step-{self.step:05d}" if self.step else "")


def save_checkpoint(folder: Path, model: nn.Module, optimiser: RmsProp, progress: Progress) -> Path:
    """Write a checkpoint under `folder`, unless it is there already.

    Raises:
        ReverieError: the disk is full or cannot be written; older checkpoints are intact.
    """
    path = folder / progress.name
    if (path / STATE).is_file():
        return path
    with replacing(path) as temporary:
        temporary.mkdir(parents=True)
        weights = {name: value.contiguous() for name, value in model.state_dict().items()}
        try:
            save_file(weights, temporary / MODEL)
            torch.save(optimiser.state_dict(), temporary / OPTIMISER)
        except (SafetensorError, RuntimeError) as error:
            # Both libraries hide the system's refusal in errors of their own.
            full = shutil.disk_usage(folder).free < LEAST_FREE_BYTES or "os error 28" in str(error)
            reason = errno.ENOSPC if full else errno.EIO
            raise OSError(reason, os.strerror(reason)) from error
        write_json(
            temporary / STATE,
            dataclasses.asdict(progress) | {"model_sha256": file_hash(temporary / MODEL)},
        )
    return path


def load_weights(path: Path, model: nn.Module) -> None:
    """Load the weights of the checkpoint at `path` into `model`.

    Raises:
        ReverieError: it is missing, broken, or of another model.
    """
    try:
        model.load_state_dict(load_file(path / MODEL))
    except (OSError, SafetensorError, RuntimeError, KeyError) as error:
        first = str(error).strip().splitlines()[0]
        raise ReverieError(
            f"{path / MODEL} cannot be loaded: {first}", "Choose another checkpoint of the run."
        ) from error


def load_checkpoint(path: Path, model: nn.Module, optimiser: RmsProp) -> Progress:
    """Load everything of the checkpoint at `path`.

    Raises:
        ReverieError: it is broken or of another model.
    """
    progress = read_progress(path)
    load_weights(path, model)
    try:
        optimiser.load_state_dict(
            torch.load(path / OPTIMISER, map_location="cpu", weights_only=True)
        )
    except Exception as error:  # torch.load raises whatever a broken file provokes
        raise ReverieError(
            f"{path / OPTIMISER} cannot be loaded: {error}.",
            "Remove this checkpoint; training goes on from the one before.",
        ) from error
    return progress


def read_progress(path: Path) -> Progress:
    """The place in training of the checkpoint at `path`.

    Raises:
        ReverieError: it has none.
    """
    state: dict[str, Any] = read_json(path / STATE, "a checkpoint")
    known = {field.name for field in dataclasses.fields(Progress)}
    return Progress(**{key: value for key, value in state.items() if key in known})


def list_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints under `folder`, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(
        path for path in folder.iterdir() if (path / STATE).is_file() and path.name[0] != "."
    )


def prune_checkpoints(folder: Path, keep_epochs: set[int]) -> None:
    """Remove all but the newest checkpoint and those of `keep_epochs`, and leftovers of a crash."""
    kept = {Progress(epoch).name for epoch in keep_epochs}
    for path in list_checkpoints(folder)[:-1]:
        if path.name not in kept:
            shutil.rmtree(path)
    for leftover in folder.glob(".*.partial"):
        shutil.rmtree(leftover, ignore_errors=True)


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
