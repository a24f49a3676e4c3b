"""What must hold of every model, whatever its frames."""

import torch
from torch import Tensor

from reverie.models.contract import FrameModel

STEPS = 8


def check_stepping_is_batch(model: FrameModel, frames: Tensor) -> Tensor:
    """Step through `frames` [B, K - 1 + STEPS, D]; gives what `forward` says of them all."""
    before = model.step_frames - 1
    whole = model(frames)
    state = model.initial_state(frames[:, :before])
    for t in range(STEPS):
        output, state = model.step(frames[:, before + t], state)
        torch.testing.assert_close(output, whole[:, t], atol=1e-6, rtol=1e-5)
    return whole
