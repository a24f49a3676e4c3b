"""What training shows and judges of itself: short continuations of fixed held-out prompts."""

import numpy as np
import torch
from torch import Tensor

from reverie.generation.prompts import choose_prompts
from reverie.generation.stream import stream_of
from reverie.models.trained import TrainedModel
from reverie.runs.run import Run

PREVIEW_SECONDS = 5.0


def preview(trained: TrainedModel, run: Run) -> Tensor:
    """Continue the same held-out prompt each time, as the run's recipe generates: samples [S]."""
    rng = torch.Generator().manual_seed(0)
    return continuations(trained, run, 1, PREVIEW_SECONDS, np.random.default_rng(0), rng)[0]


def continuations(
    trained: TrainedModel,
    run: Run,
    count: int,
    seconds: float,
    prompts: np.random.Generator,
    rng: torch.Generator,
) -> Tensor:
    """Continue held-out prompts as the run's recipe generates: samples [count, S].

    Args:
        trained: the model, on the device where it is trained.
        run: whose.
        count: of clips, as one batch.
        seconds: length of each.
        prompts: chooses the prompts.
        rng: for the draws.

    Raises:
        ReverieError: no held-out recording is as long as a prompt.
    """
    _, music = choose_prompts(run, "held-out", count, prompts)
    stream = stream_of(run, trained, music.to(trained.model.device), run.recipe.generation, rng)
    return torch.cat(list(stream.take(round(seconds * run.rate_hz))), dim=1)
