"""How many processor threads a training takes."""

import torch

from reverie.runs.settings import Recipe


def set_threads(recipe: Recipe) -> None:
    """Take as many threads as `training.threads` says; 0 leaves them as they are."""
    if recipe.training.threads:
        torch.set_num_threads(recipe.training.threads)
