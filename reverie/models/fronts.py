"""Fronts: from what one step sees to the features that the recurrent core takes in.

Letters as in `contract.py`; N columns of an image.
"""

import torch
from torch import Tensor, nn

from reverie.models.linear import Dense, glorot_uniform
from reverie.models.pooled_conv import KERNEL_COLUMNS, POOL_COLUMNS, pooled_conv


class NoFront(nn.Module):
    """The frame itself.

    Args:
        width: D, which is F too.
    """

    step_frames = 1

    def __init__(self, width: int) -> None:
        super().__init__()
        self.features = width

    def forward(self, frames: Tensor, rng: torch.Generator | None = None) -> Tensor:  # noqa: ARG002
        """[..., D] -> [..., D]."""
        return frames


class DenseFront(nn.Module):
    """A dense layer applied to each frame.

    Args:
        dense: D to F.
    """

    step_frames = 1

    def __init__(self, dense: Dense) -> None:
        super().__init__()
        self.features = dense.outputs
        self.dense = dense

    def forward(self, frames: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """[..., D] -> [..., F]."""
        return self.dense(frames, rng)


class ConvFront(nn.Module):
    """Convolution over an image of one frame or several, ReLU, max-pooling, flattened.

    One frame is an image of one channel whose rows are its planes (real and imaginary part). Of
    several frames each is a row, and the planes are channels. Edges are padded with zeros, so that
    the columns stay; pooling takes pairs of columns and all rows together.

    Args:
        width: D.
        planes: equal parts of a frame that belong side by side; 1 reads it as one line.
        step_frames: K.
        filters: how many.
        rng: for the initial weights.
    """

    def __init__(
        self,
        width: int,
        *,
        planes: int,
        step_frames: int,
        filters: int,
        rng: torch.Generator | None,
    ) -> None:
        super().__init__()
        self.step_frames, self.planes = step_frames, planes
        self.channels, self.rows = (planes, step_frames) if step_frames > 1 else (1, planes)
        self.columns = width // planes
        self.features = filters * (self.columns // POOL_COLUMNS)
        kernel = (step_frames, KERNEL_COLUMNS)
        self.weight = nn.Parameter(torch.empty(filters, self.channels, *kernel))
        self.bias = nn.Parameter(torch.zeros(filters))
        area = kernel[0] * kernel[1]
        glorot_uniform(self.weight, rng, self.channels * area, filters * area)

    def forward(self, frames: Tensor, rng: torch.Generator | None = None) -> Tensor:  # noqa: ARG002
        """[..., T + K - 1, D] -> [..., T, F]."""
        leading = frames.shape[:-2]
        parts = frames.reshape(*frames.shape[:-1], self.planes, self.columns)
        if self.step_frames > 1:  # windows [..., T, planes, N, K] -> images [..., T, planes, K, N]
            images = parts.unfold(-3, self.step_frames, 1).movedim(-1, -2)
        else:
            images = parts.unsqueeze(-3)
        pooled = pooled_conv(images.flatten(0, -4), self.weight, self.bias)
        return pooled.view(*leading, -1, self.features)
