"""What training shows of itself: a short continuation of a fixed held-out prompt."""

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
    _, prompt = choose_prompts(run, "held-out", 1, np.random.default_rng(0))
    rng = torch.Generator().manual_seed(0)
    stream = stream_of(run, trained, prompt.to(trained.model.device), run.recipe.generation, rng)
    return torch.cat(list(stream.take(round(PREVIEW_SECONDS * run.rate_hz))), dim=1)[0]
