"""How many processor threads a training takes."""

import os

import torch

from reverie.runs.settings import Recipe


def set_threads(recipe: Recipe, processes: int = 1) -> None:
    """Take as many threads as `training.threads` says; 0 leaves them as they are.

    Args:
        recipe: of the run.
        processes: that train on this machine; where nobody says how many threads each takes, it
            takes its part of the processors.
    """
    if recipe.training.threads:
        torch.set_num_threads(recipe.training.threads)
    elif processes > 1 and "OMP_NUM_THREADS" not in os.environ:
        part = max(1, (os.cpu_count() or 1) // processes)
        torch.set_num_threads(min(torch.get_num_threads(), part))
