"""How many processor threads a training takes."""

from collections.abc import Generator
from contextlib import contextmanager

import torch

from reverie.runs.settings import Recipe


def set_threads(recipe: Recipe) -> None:
    """Take as many threads as `training.threads` says; 0 leaves them as they are."""
    if recipe.training.threads:
        torch.set_num_threads(recipe.training.threads)


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
