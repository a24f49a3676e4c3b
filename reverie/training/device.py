"""Where a model is trained."""

import torch

from reverie.errors import ReverieError
from reverie.runs.settings import Recipe

CPU = torch.device("cpu")


def training_device(recipe: Recipe) -> torch.device:
    """The device that `training.device` asks for; `auto` takes a GPU where there is one.

    Raises:
        ReverieError: it asks for a GPU and there is none that torch can use.
    """
    wanted = recipe.training.device
    there = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}
    for name, is_available in there.items():
        if wanted in ("auto", name) and is_available():
            return torch.device(name)
    if wanted in there:
        raise ReverieError(
            f"training.device is {wanted}, and torch finds no GPU of that kind that it can use.",
            "Set training.device=auto, or install a torch that is built for this machine's GPU.",
        )
    return CPU
