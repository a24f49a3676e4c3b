"""How many processor threads a training takes."""

import os
from collections.abc import Generator
from contextlib import contextmanager

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


@contextmanager
def with_threads(count: int) -> Generator[None]:
    """Compute with `count` threads while this lasts.

    Sums of floating-point numbers depend on how many threads share them, so that what must come
    out the same wherever it is computed is computed with one number of threads.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
