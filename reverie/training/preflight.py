"""Before the first step: will it fit?"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch
from torch import Tensor

from reverie.errors import ReverieError
from reverie.frames.allocation import allocate
from reverie.frames.contract import FrameSpec
from reverie.frames.representation import fit_bytes
from reverie.frames.transforms import frame_spec
from reverie.models.architectures import ModelBuilder, build_model, meta_model
from reverie.models.contract import FrameModel
from reverie.models.lstm import Lstm
from reverie.models.outline import operations
from reverie.runs.memory import GIB, available_memory, clear_memory_errors
from reverie.runs.settings import Recipe
from reverie.training.decoder import decoder_fit_bytes
from reverie.training.device import training_device

LIBRARIES_BYTES = 200 << 20
"""What torch, TensorBoard and matplotlib take once they are at work."""
COUNTED_PARAMETERS = 1 << 25
"""Of a model that is given memory to be counted: without, torch loads its compiler, for seconds."""
BATCHES, LENGTHS = (2, 3), (8, 9)
"""Sizes at which a step is counted; it grows evenly with either, so that tells all others."""
MOST_THREADS_EACH = 16
"""Threads that are asked for, for each processor."""


@dataclass(frozen=True)
class Needs:
    """What a run takes."""

    parameters: int
    by_part: dict[str, int]
    """Parameters of the front, the core and the head."""
    memory_bytes: int
    """At the peak of a step, the process itself included."""
    memory_available_bytes: int
    """What the process holds already, and what is free."""
    disk_bytes: int
    """All checkpoints that are kept, and one more being written."""
    disk_available_bytes: int
    operations: int
    """Of floating point in the matrix products and convolutions of one training step."""


def estimate_needs(
    recipe: Recipe,
    rate_hz: int,
    run_folder: Path,
    builder: ModelBuilder = build_model,
    processes: int = 1,
) -> Needs:
    """Work out what training takes, without taking it.

    The model is built without memory for its values, unless it is small, and small batches are
    passed through it; what autograd would keep of the recipe's own batch follows from these.

    Args:
        recipe: of the run.
        rate_hz: of its corpus, which says how many samples a frame has.
        run_folder: where checkpoints would go.
        builder: builds the model.
        processes: that train together on this machine; each may take its part of the memory.

    Raises:
        ReverieError: it is more than can be counted.
    """
    spec, held = frame_spec(recipe.frames, rate_hz), psutil.Process().memory_info().rss
    with clear_memory_errors("a model of these sizes", smaller(recipe)):
        model = meta_model(recipe.model, spec, builder)
        if sum(one.numel() for one in model.parameters()) <= COUNTED_PARAMETERS:
            allocate(model)
        step_bytes = _step_bytes(model, recipe, spec, rate_hz) + LIBRARIES_BYTES
    by_part = {
        name: sum(parameter.numel() for parameter in part.parameters())
        for name, part in model.named_children()
    }
    parameters = sum(parameter.numel() for parameter in model.parameters())
    # One after another: the frames' tables, their decoder, the model.
    decoder_bytes = decoder_fit_bytes(recipe, rate_hz) + LIBRARIES_BYTES
    most_bytes = max(fit_bytes(recipe.frames, rate_hz), decoder_bytes, step_bytes)
    kept_checkpoints = len(recipe.training.kept_epochs) + 3
    frames = recipe.training.batch_size * recipe.sequence_frames(rate_hz)
    return Needs(
        parameters,
        by_part,
        held + most_bytes,
        held + _available(recipe, processes),
        kept_checkpoints * 4 * _copies(recipe) * parameters,
        shutil.disk_usage(_existing(run_folder)).free,
        frames * operations(model),
    )


def _copies(recipe: Recipe) -> int:
    """How often all weights are kept: themselves, mean squares, and a running mean if asked."""
    return 3 if recipe.training.ema_decay else 2


def _step_bytes(model: FrameModel, recipe: Recipe, spec: FrameSpec, rate_hz: int) -> int:
    """Bytes at the peak of a step."""
    training = recipe.training
    sizes = [parameter.numel() for parameter in model.parameters()]
    steps = recipe.sequence_frames(rate_hz)
    numbers = training.batch_size * (recipe.prompt_frames(rate_hz) + 1)
    batch_bytes = 4 * numbers * max(spec.width, spec.hop_samples)
    return (
        4 * (1 + _copies(recipe)) * sum(sizes)  # gradients too
        + 2 * 4 * max(sizes)  # one gradient being made, and rounded
        + _rounded_bytes(model, recipe)
        + _kept_by_autograd(model, training.batch_size, steps, spec)
        + 4 * batch_bytes  # samples and frames, the output and its gradient
        + 5 * batch_bytes  # held-out errors, squared in double precision
    )


def _available(recipe: Recipe, processes: int) -> int:
    """Bytes that one of so many processes may take where they train."""
    device = training_device(recipe)
    return available_memory(device) // (processes if device.type == "cpu" else 1)


def _kept_by_autograd(model: FrameModel, batch_size: int, steps: int, spec: FrameSpec) -> int:
    """Bytes that a step on such a batch keeps for its backward pass, besides the weights."""
    (small, wider), (longer, both) = (
        [_kept_of(model, spec, batch, steps) for steps in LENGTHS] for batch in BATCHES
    )
    batches, steps = batch_size - BATCHES[0], steps - LENGTHS[0]
    return (
        small
        + batches * (longer - small)
        + steps * (wider - small)
        + batches * steps * (both - longer - wider + small)
    )


def _kept_of(model: FrameModel, spec: FrameSpec, batch: int, steps: int) -> int:
    saved: dict[int, int] = {}
    storages: list[torch.UntypedStorage] = []

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        saved[id(storage)] = storage.nbytes()
        storages.append(storage)
        return tensor

    with next(model.parameters()).device:
        frames = torch.zeros(
            (batch, steps + model.step_frames, spec.width),
            dtype=torch.int64 if spec.codebook_size else torch.float32,
        )
        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            loss = model.loss(frames, torch.Generator("cpu"))
        del loss
    for parameter in model.parameters():
        saved.pop(id(parameter.untyped_storage()), None)
    return sum(saved.values())


def _rounded_bytes(model: FrameModel, recipe: Recipe) -> int:
    """Of weights rounded once, and of those of recurrences laid out too, for both directions."""
    if recipe.model.precision != "bfloat16":
        return 0
    around = [one.weight_hidden.numel() for one in model.modules() if isinstance(one, Lstm)]
    return 2 * sum(one.numel() for one in model.parameters()) + 2 * 2 * sum(around)


def smaller(recipe: Recipe) -> str:
    """What would take less memory."""
    training, channels = recipe.training, recipe.frames.decoder_channels
    decoder = f"frames.decoder_channels ({channels}), " if recipe.frames.has_decoder else ""
    return (
        f"Lower {decoder}model.hidden ({recipe.model.hidden}), training.batch_size "
        f"({training.batch_size}) or training.sequence_seconds ({training.sequence_seconds:g}), "
        "or shorten the frames."
    )


def plan(
    recipe: Recipe,
    rate_hz: int,
    run_folder: Path,
    builder: ModelBuilder = build_model,
    processes: int = 1,
) -> Needs:
    """What a run takes, or a refusal where it cannot fit.

    Args:
        recipe: of the run.
        rate_hz: of its corpus.
        run_folder: where checkpoints would go.
        builder: builds the model.
        processes: as `estimate_needs`.

    Raises:
        ReverieError: memory, disk or processors are too few, with settings that would help.
    """
    threads, processors = recipe.training.threads, os.cpu_count() or 1
    if threads > MOST_THREADS_EACH * processors:
        raise ReverieError(
            f"training.threads asks for {threads} threads, and this machine has {processors} "
            "processors.",
            "Set training.threads=0 to take all processors.",
        )
    needs = estimate_needs(recipe, rate_hz, run_folder, builder, processes)
    if needs.memory_bytes > needs.memory_available_bytes:
        raise ReverieError(
            f"training needs about {needs.memory_bytes / GIB:.1f} GiB of memory, and "
            f"{needs.memory_available_bytes / GIB:.1f} GiB can be had.",
            smaller(recipe),
        )
    if needs.disk_bytes > needs.disk_available_bytes:
        raise ReverieError(
            f"the checkpoints of this run need about {needs.disk_bytes / GIB:.2f} GiB and "
            f"{run_folder} has {needs.disk_available_bytes / GIB:.2f} GiB free.",
            "Choose another `out`, keep fewer (training.keep_epochs), or lower model.hidden.",
        )
    return needs


def _existing(path: Path) -> Path:
    path = path.resolve()
    while not path.exists():
        path = path.parent
    return path
