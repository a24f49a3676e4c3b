"""Fronts: from a frame to the features that the recurrent core takes in.

Letters as in `contract.py`.
"""

import torch
from torch import Tensor, nn

from reverie.models.linear import Linear, Precision, dropout_mask


class NoFront(nn.Module):
    """The frame itself.

    Args:
        width: D, which is F too.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.features = width

    def forward(self, frames: Tensor, rng: torch.Generator | None = None) -> Tensor:  # noqa: ARG002
        """[..., D] -> [..., D]."""
        return frames


class LinearFront(nn.Module):
    """A dense layer applied to each frame, with no activation (GRUV's).

    Args:
        width: D.
        features: F.
        dropout: share of the features dropped in training, anew at each frame.
        precision: of the product.
        rng: for the initial weights.
    """

    def __init__(
        self,
        width: int,
        features: int,
        *,
        dropout: float,
        precision: Precision,
        rng: torch.Generator | None,
    ) -> None:
        super().__init__()
        self.features, self.dropout = features, dropout
        self.linear = Linear(width, features, precision, rng)

    def forward(self, frames: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """[..., D] -> [..., F]."""
        features = self.linear(frames)
        if rng is None:
            return features
        mask = dropout_mask(features.shape, self.dropout, rng, features)
        return features if mask is None else features * mask
