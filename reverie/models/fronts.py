"""Fronts: encode the frames of one step as features for the recurrent core.

Letters as in `contract.py`; N columns of an image.
"""

import torch
from torch import Tensor, nn

from reverie.models.linear import Dense, glorot_uniform
from reverie.models.pooled_conv import KERNEL_COLUMNS, POOL_COLUMNS, pooled_conv


class NoFront(nn.Module):
    """Pass frames through unchanged.

    Args:
        width: D, which equals F.
    """

    step_frames = 1

    def __init__(self, width: int) -> None:
        super().__init__()
        self.features = width

    def forward(self, frames: Tensor, rng: torch.Generator | None = None) -> Tensor:  # noqa: ARG002
        """Return the frames [..., D]."""
        return frames


class DenseFront(nn.Module):
    """Apply a dense layer to each frame.

    Args:
        dense: D to F.
    """

    step_frames = 1

    def __init__(self, dense: Dense) -> None:
        super().__init__()
        self.features = dense.outputs
        self.dense = dense

    def forward(self, frames: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Encode frames: [..., D] -> [..., F]."""
        return self.dense(frames, rng)


class ConvFront(nn.Module):
    """Convolve an image of one or more frames, then apply ReLU, max-pooling and flattening.

    One frame is an image of one channel whose rows are its planes (real and imaginary part). In an
    image of several frames, each frame is a row and the planes are channels. Zero padding keeps the
    number of columns; pooling covers all rows and pairs of columns.

    Args:
        width: D.
        planes: number of equal parts of a frame that are stacked; 1 reads it as one line.
        step_frames: K.
        filters: number of filters.
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
        """Encode frames: [..., T + K - 1, D] -> [..., T, F]."""
        leading = frames.shape[:-2]
        parts = frames.reshape(*frames.shape[:-1], self.planes, self.columns)
        if self.step_frames > 1:  # windows [..., T, planes, N, K] -> images [..., T, planes, K, N]
            images = parts.unfold(-3, self.step_frames, 1).movedim(-1, -2)
        else:
            images = parts.unsqueeze(-3)
        pooled = pooled_conv(images.flatten(0, -4), self.weight, self.bias)
        return pooled.view(*leading, -1, self.features)
