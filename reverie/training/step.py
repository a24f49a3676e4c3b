"""One training step, and the loss on held-out music.

Letters: B batch, T steps, K frames that one step sees, D width of a frame.
"""

import dataclasses
import itertools
import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from reverie.errors import ReverieError
from reverie.frames.contract import Representation
from reverie.models.architectures import ModelBuilder
from reverie.models.calibration import Calibration, beat_quantiles, calibrate
from reverie.models.contract import FrameModel
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.training.gradients import Gradients, PlainGradients
from reverie.training.optimiser import RmsProp
from reverie.training.ranks import ALONE, Ranks
from reverie.training.sequences import Sequences


def train_step(
    model: FrameModel,
    optimiser: RmsProp,
    frames: Tensor,
    rng: torch.Generator,
    recipe: Recipe,
    mask: Tensor | None = None,
    beat: Tensor | None = None,
    gradients: Gradients | None = None,
) -> float:
    """Take one step on sequences `frames` [B, T + K, D], and return their part of the loss.

    Args:
        model: learns.
        optimiser: of the model.
        frames: [B, T + K, D], all of a batch or one rank's share of it.
        rng: draws dropout.
        recipe: of the run.
        mask: [B, T], which steps count; None for all.
        beat: [B, T, 2], of the next frames.
        gradients: computes them; None for as the model's code says.
    """
    optimiser.zero_grad()
    loss = (gradients or PlainGradients(model))(frames, rng, mask, beat)
    if recipe.training.gradient_clip:
        clip_grad_norm_(model.parameters(), recipe.training.gradient_clip)
    optimiser.step()
    return loss.item()


def check_finite(loss: float, run: Run) -> None:
    """Refuse, by a `ReverieError`, to train `run` on with a loss that is no number."""
    if not math.isfinite(loss):
        raise ReverieError(
            f"the loss is no longer a number; {run.checkpoints} holds the last good checkpoint.",
            "Lower training.learning_rate or set training.gradient_clip, and train a new run.",
        )


@torch.inference_mode()
def measure(
    model: FrameModel,
    representation: Representation,
    sequences: Sequences,
    recipe: Recipe,
    ranks: Ranks = ALONE,
) -> tuple[float, Calibration]:
    """Measure `sequences` with no dropout: the mean loss, and what sampling needs to know.

    Each of `ranks` takes one batch in so many, and all have the result.
    """

    periods: list[Tensor] = []

    def pairs() -> Iterator[tuple[Tensor, Tensor]]:
        size = recipe.training.batch_size
        for batch in sequences.batches(size, None, skip=ranks.rank, stride=ranks.count):
            samples, mask, beat, *_ = batch.to(model.device)
            frames = representation.analyse(samples)
            if batch.beat is not None:
                periods.append(batch.beat[..., 1].flatten())
            output, wanted = model(frames[:, :-1], beat=beat), frames[:, model.step_frames :]
            if mask is None:
                yield output, wanted
                continue
            counts = [int(count) for count in mask.sum(1)]
            for length in sorted(set(counts), reverse=True):
                chosen = [row for row, count in enumerate(counts) if count == length]
                rows = torch.tensor(chosen).to(output.device)
                yield output[rows, :length], wanted[rows, :length]

    codebook_info = representation.codebook_info
    levels = None if codebook_info is None else codebook_info.levels
    loss, calibration = calibrate(model.head, pairs(), levels, ranks.gather)
    if periods := list(itertools.chain(*ranks.gather(periods))):
        beat_seconds = beat_quantiles(torch.cat(periods))
        calibration = dataclasses.replace(calibration, beat_seconds=beat_seconds)
    return loss, calibration


def initial_model(
    recipe: Recipe, representation: Representation, builder: ModelBuilder
) -> FrameModel:
    """Build the model of a recipe with the weights that training begins with.

    They are drawn on the processor, so that they are the same on every device.
    """
    rng = random_generator(torch.device("cpu"), recipe.training.seed, 0, 0)
    return builder(recipe.model, representation.spec, rng, representation.codebook_info)


def random_generator(device: torch.device, *key: int) -> torch.Generator:
    """A generator on `device` whose stream `key` decides."""
    seed = np.random.SeedSequence([part % (1 << 64) for part in key]).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(seed[0]))
