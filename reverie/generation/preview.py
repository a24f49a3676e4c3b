"""What training shows of itself: a short continuation of a fixed held-out seed."""

import numpy as np
import torch
from torch import Tensor

from reverie.frames.contract import Representation
from reverie.generation.seeds import choose_seeds
from reverie.generation.stream import continue_samples
from reverie.models.contract import FrameModel
from reverie.runs.run import Run

PREVIEW_SECONDS = 5.0


def preview(model: FrameModel, representation: Representation, run: Run) -> Tensor:
    """Go on from the same held-out seed each time, as the run's recipe generates: samples [S]."""
    recipe = run.recipe
    _, seed = choose_seeds(run, "held-out", 1, np.random.default_rng(0))
    chunks = continue_samples(
        model,
        representation,
        seed.to(model.device),
        recipe.generation.method,
        torch.Generator().manual_seed(0),
        recipe.generation,
        recipe.training.sequence_frames,
        round(PREVIEW_SECONDS * run.rate_hz),
    )
    return torch.cat(list(chunks), dim=1)[0]
