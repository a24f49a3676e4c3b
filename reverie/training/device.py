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
    if wanted != "cpu" and torch.cuda.is_available():
        return torch.device("cuda")
    if wanted == "cuda":
        raise ReverieError(
            "training.device is cuda, and torch finds no GPU that it can use.",
            "Set training.device=cpu, or install a torch that is built for this machine's GPU.",
        )
    return CPU
