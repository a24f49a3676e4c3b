"""The recurrent core, built of `Lstm` layers.

Letters as in `contract.py`; M members side by side.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from reverie.models.contract import CoreState
from reverie.models.lstm import Lstm, LstmState

Join = Literal["sum", "concatenate"]


class LstmCore(nn.Module):
    """LSTM layers one upon the other, each of one member or of several side by side.

    The paper's plain LSTM is one layer of one member. Members hear the same features and go their
    own ways from the first layer to the last, all computed together.

    Args:
        layers: from the first to the last, of M members each.
        join: `sum` adds the members' outputs (H numbers), `concatenate` puts them one after
            another (M * H numbers).
    """

    def __init__(self, layers: Sequence[Lstm], join: Join = "sum") -> None:
        super().__init__()
        self.layers, self.join = list(layers), join
        for number, layer in enumerate(self.layers):
            self.add_module(f"layer{number + 1}", layer)
        last = self.layers[-1]
        self.outputs = last.hidden if join == "sum" else last.hidden * last.members

    def forward(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """[B, T, F] -> [B, T, H or M * H], from the zero state."""
        hidden = features.unsqueeze(0)
        for layer in self.layers:
            hidden = layer(hidden, layer.masks(features.shape[0], rng))
        return self.joined(hidden)

    def project(self, features: Tensor) -> Tensor:
        """What features add to the gates of the first layer: [..., F] -> [M, ..., 4H]."""
        return self.layers[0].project(features.unsqueeze(0))

    def step(self, projected: Tensor, state: CoreState) -> tuple[Tensor, CoreState]:
        """One frame on, from what `project` gave for it: the last layer's [M, ..., H], and all."""
        advanced: list[LstmState] = []
        for layer, before in zip(self.layers, state, strict=True):
            into = layer.project(advanced[-1].hidden) if advanced else projected
            advanced.append(layer.step(into, before))
        return advanced[-1].hidden, tuple(advanced)

    def initial_state(self, batch: tuple[int, ...]) -> CoreState:
        """The zero state."""
        return tuple(layer.initial_state(batch) for layer in self.layers)

    def joined(self, hidden: Tensor) -> Tensor:
        """What the members put out, as one: [M, ..., H] -> [..., H or M * H]."""
        if hidden.shape[0] == 1:
            return hidden[0]
        return hidden.sum(0) if self.join == "sum" else torch.cat(hidden.unbind(0), dim=-1)
