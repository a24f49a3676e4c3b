"""RMSprop as Keras has it, with the paper's L2 penalty on dense layers."""

import math

import torch

from reverie.models.contract import FrameModel
from reverie.models.linear import Linear
from reverie.training.settings import Recipe

DECAY = 0.9
"""Of the running mean of squared gradients (Tieleman & Hinton 2012; Keras' default)."""
LOWEST_RATE = 0.01


def build_optimiser(model: FrameModel, recipe: Recipe) -> torch.optim.Optimizer:
    """RMSprop over all weights.

    Keras' penalty λ·Σw² has the gradient 2λw, which is what weight decay adds here.
    """
    dense = [module.weight for module in model.modules() if isinstance(module, Linear)]
    chosen = {id(weight) for weight in dense}
    rest = [weight for weight in model.parameters() if id(weight) not in chosen]
    groups = [
        {"params": dense, "weight_decay": 2 * recipe.model.dense_l2},
        {"params": rest, "weight_decay": 0.0},
    ]
    # One tensor at a time: `foreach` would hold intermediates as large as the whole model.
    return torch.optim.RMSprop(
        groups, lr=recipe.training.learning_rate, alpha=DECAY, eps=1e-8, foreach=False
    )


def set_learning_rate(optimiser: torch.optim.Optimizer, recipe: Recipe, done: float) -> None:
    """Set the rate for the next step.

    Args:
        optimiser: to be set.
        recipe: names the schedule.
        done: share of all steps done, 0 to 1.
    """
    rate = recipe.training.learning_rate
    if recipe.training.learning_rate_decay == "cosine":
        rate *= LOWEST_RATE + (1 - LOWEST_RATE) * (1 + math.cos(math.pi * done)) / 2
    for group in optimiser.param_groups:
        group["lr"] = rate
