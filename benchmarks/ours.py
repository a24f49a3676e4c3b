"""Reverie's side of the benchmarks: a recipe, and one step of training it."""

import argparse
from collections.abc import Callable

import before_torch  # noqa: F401
import torch
from timing import Program
from torch import Tensor

from reverie.frames.transforms import frame_spec
from reverie.models.architectures import build_model
from reverie.models.contract import FrameModel
from reverie.models.outline import operations
from reverie.runs.settings import Recipe
from reverie.training.gradients import Gradients, gradients_of
from reverie.training.optimiser import build_optimiser, set_learning_rate
from reverie.training.recipe import load_recipe
from reverie.training.step import train_step

RATE_HZ, STEPS = 16000, 40
"""The paper's."""


def paper_recipe(chosen: argparse.Namespace, *assignments: str) -> Recipe:
    """The paper's recipe at the sizes that were asked for."""
    hop_seconds = chosen.hop_samples / RATE_HZ
    return load_recipe(
        "paper",
        [
            f"model.hidden={chosen.hidden}",
            f"frames.hop_seconds={hop_seconds}",
            f"training.sequence_seconds={vars(chosen).get('steps', STEPS) * hop_seconds}",
            f"training.batch_size={chosen.batch}",
            *assignments,
        ],
    )


def without_values(recipe: Recipe) -> FrameModel:
    """The model of a recipe, with shapes and no values."""
    with torch.device("meta"):
        return build_model(recipe.model, frame_spec(recipe.frames, RATE_HZ), None)


def step_operations(recipe: Recipe) -> int:
    """Floating-point operations of a training step."""
    steps = recipe.training.batch_size * recipe.sequence_frames(RATE_HZ)
    return steps * operations(without_values(recipe))


def step_bytes(recipe: Recipe) -> int:
    """What a training step must move through memory at least.

    Weights and their mean squares are read and written, gradients written and read, frames read.
    """
    weights = sum(one.numel() for one in without_values(recipe).parameters())
    width = frame_spec(recipe.frames, RATE_HZ).width
    frames = recipe.training.batch_size * (recipe.prompt_frames(RATE_HZ) + 1) * width
    return 4 * (6 * weights + frames)


def training_step(
    recipe: Recipe,
    frames: Tensor,
    gradients: Callable[[FrameModel], Gradients] = gradients_of,
) -> Program:
    """Forward, backward and the optimiser on frames [B, T + K, D], where these are."""
    model = build_model(
        recipe.model, frame_spec(recipe.frames, RATE_HZ), torch.Generator().manual_seed(0)
    )
    model.to(frames.device)
    optimiser = build_optimiser(model, recipe)
    set_learning_rate(optimiser, recipe, 0.0, 0)
    rng = torch.Generator(frames.device).manual_seed(1)
    made = gradients(model)
    return lambda: train_step(model, optimiser, frames, rng, recipe, gradients=made)
