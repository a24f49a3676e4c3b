"""Recurrent cores, built of `Lstm` layers.

Letters as in `contract.py`.
"""

import torch
from torch import Tensor, nn

from reverie.models.contract import CoreState
from reverie.models.lstm import Lstm


class LstmCore(nn.Module):
    """One LSTM layer.

    Args:
        lstm: the layer.
    """

    def __init__(self, lstm: Lstm) -> None:
        super().__init__()
        self.lstm = lstm
        self.outputs = lstm.hidden

    def forward(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """[B, T, F] -> [B, T, H], from the zero state."""
        return self.lstm(features, self.lstm.masks(features.shape[0], rng))

    def step(self, features: Tensor, state: CoreState) -> tuple[Tensor, CoreState]:
        """[..., F] -> [..., H], one frame on."""
        (layer,) = state
        layer = self.lstm.step(features, layer)
        return layer.hidden, (layer,)

    def initial_state(self, batch: tuple[int, ...], like: Tensor) -> CoreState:
        """The zero state."""
        return (self.lstm.initial_state(batch, like),)
