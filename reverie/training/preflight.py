"""Before the first step: will it fit, and how long will it take?

Letters: P parameters, B batch.
"""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch
from torch import Tensor

from reverie.errors import ReverieError
from reverie.frames.settings import measures_of
from reverie.models.architectures import build_model
from reverie.models.contract import FrameModel
from reverie.models.lstm import Lstm
from reverie.models.outline import operations
from reverie.progress import duration
from reverie.training.device import training_device
from reverie.training.settings import Recipe

GIB = 1 << 30
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
CGROUP_USED = Path("/sys/fs/cgroup/memory.current")
TRIAL_STEPS = 3
LIBRARIES_BYTES = 200 << 20
"""What torch, TensorBoard and matplotlib take once they are at work."""


@dataclass(frozen=True)
class Needs:
    """What a run takes."""

    parameters: int
    by_part: dict[str, int]
    """Parameters of the front, the core and the head."""
    memory_bytes: int
    """At the peak of a step, the process itself included."""
    memory_available_bytes: int
    disk_bytes: int
    """All checkpoints that are kept, and one more being written."""
    disk_available_bytes: int
    operations: int
    """Of floating point in the matrix products and convolutions of one training step."""


def measure_needs(recipe: Recipe, run_folder: Path) -> Needs:
    """Work out what training takes, without taking it.

    The model is built without memory for its values, and a batch of shapes is passed through it;
    what autograd would keep of it is counted.

    Args:
        recipe: of the run.
        run_folder: where checkpoints would go.
    """
    measures = measures_of(recipe.frames)
    saved: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        saved[id(storage)] = storage.nbytes()
        storages.append(storage)
        return tensor

    storages: list[torch.UntypedStorage] = []
    training = recipe.training
    with torch.device("meta"):
        model = build_model(recipe.model, measures, None)
        frames = torch.zeros(
            (training.batch_size, recipe.seed_frames + 1, measures.width),
            dtype=torch.int64 if measures.codebook else torch.float32,
        )
        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            loss = model.loss(frames, torch.Generator("cpu"))
        del loss
    sizes = [parameter.numel() for parameter in model.parameters()]
    for parameter in model.parameters():
        saved.pop(id(parameter.untyped_storage()), None)
    parameters = sum(sizes)
    batch_bytes = (
        4 * frames.shape[0] * frames.shape[1] * max(measures.width, measures.frame_samples)
    )
    products = 0
    if recipe.model.precision == "bfloat16":
        # Every weight rounded once; those of recurrences laid out too, for both directions.
        around = [one.weight_hidden.numel() for one in model.modules() if isinstance(one, Lstm)]
        products = 2 * parameters + 2 * 2 * sum(around)
    kept = 3 if training.averaging else 2  # weights, mean squares, a running mean
    memory = (
        psutil.Process().memory_info().rss
        + 4 * (1 + kept) * parameters  # gradients too
        + 2 * 4 * max(sizes)  # one gradient being made, and rounded
        + products
        + sum(saved.values())
        + 4 * batch_bytes  # samples and frames, the output and its gradient
        + 5 * batch_bytes  # held-out errors, squared in double precision
        + LIBRARIES_BYTES
    )
    kept_checkpoints = len(set(training.keep_epochs) | {training.epochs}) + 3
    free = shutil.disk_usage(_existing(run_folder)).free
    by_part = {
        name: sum(parameter.numel() for parameter in part.parameters())
        for name, part in model.named_children()
    }
    return Needs(
        parameters,
        by_part,
        memory,
        available_memory(training_device(recipe)),
        kept_checkpoints * 4 * kept * parameters,
        free,
        training.batch_size * training.sequence_frames * operations(model),
    )


def plan(recipe: Recipe, run_folder: Path) -> Needs:
    """What a run takes, or a refusal where it cannot fit.

    Raises:
        ReverieError: memory or disk is too small, with settings that would help.
    """
    needs = measure_needs(recipe, run_folder)
    if needs.memory_bytes > needs.memory_available_bytes:
        advice = (
            f"Lower model.hidden ({recipe.model.hidden}) or training.batch_size "
            f"({recipe.training.batch_size}), or shorten the frames."
        )
        raise ReverieError(
            f"training needs about {needs.memory_bytes / GIB:.1f} GiB of memory and "
            f"{needs.memory_available_bytes / GIB:.1f} GiB are free.",
            advice,
        )
    if needs.disk_bytes > needs.disk_available_bytes:
        raise ReverieError(
            f"the checkpoints of this run need about {needs.disk_bytes / GIB:.2f} GiB and "
            f"{run_folder} has {needs.disk_available_bytes / GIB:.2f} GiB free.",
            "Choose another --out, keep fewer (training.keep_epochs), or lower model.hidden.",
        )
    return needs


def seconds_per_step(model: FrameModel, frames: Tensor, rng: torch.Generator) -> float:
    """Time a step on `frames` [B, T + K, D], changing nothing; the first, cold one is left out."""
    times: list[float] = []
    for _ in range(TRIAL_STEPS):
        began = time.perf_counter()
        loss = model.loss(frames, rng)
        torch.autograd.backward([loss])
        loss.item()  # a GPU is waited for
        times.append(time.perf_counter() - began)
    model.zero_grad(set_to_none=True)
    return min(times[1:])


def describe(needs: Needs, recipe: Recipe, steps: int, step_seconds: float, left: int) -> str:
    """The preflight in words.

    Args:
        needs: what the run takes.
        recipe: of the run.
        steps: in one epoch.
        step_seconds: time for one.
        left: epochs still to go.
    """
    epoch_seconds = steps * step_seconds
    seconds = left * epoch_seconds
    limit = ""
    if recipe.training.minutes:
        limit = f", but no longer than {recipe.training.minutes:g} min"
        seconds = min(seconds, max(60 * recipe.training.minutes, epoch_seconds))
    ends = time.strftime("%a %d %b %H:%M", time.localtime(time.time() + seconds))
    return (
        f"{recipe.model.architecture}, {needs.parameters / 1e6:.1f} M parameters; "
        f"memory {needs.memory_bytes / GIB:.1f} of {needs.memory_available_bytes / GIB:.1f} GiB; "
        f"disk {needs.disk_bytes / GIB:.2f} of {needs.disk_available_bytes / GIB:.1f} GiB\n"
        f"{steps} steps an epoch, about {epoch_seconds:.1f} s; {left} epochs to go{limit}: "
        f"about {duration(seconds)}, until {ends}"
    )


def available_memory(device: torch.device) -> int:
    """Bytes that this process may still take on `device`, a container's limit considered."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    available = psutil.virtual_memory().available
    try:
        limit, used = CGROUP_LIMIT.read_text().strip(), int(CGROUP_USED.read_text())
    except (OSError, ValueError):
        return available
    return available if limit == "max" else min(available, max(int(limit) - used, 0))


def _existing(path: Path) -> Path:
    path = path.resolve()
    while not path.exists():
        path = path.parent
    return path
