"""The recurrent core, built of `Lstm` layers.

Letters as in `contract.py`; M members side by side.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from reverie.models.contract import BatchIndex
from reverie.models.lstm import Lstm, LstmState

Join = Literal["sum", "concatenate"]
LstmCoreState = tuple[LstmState, ...]
"""One state a layer, from the first to the last."""


class LstmCore(nn.Module):
    """LSTM layers one upon the other, each of one member or of several side by side.

    The paper's plain LSTM is one layer of one member. Members take the same features and go their
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
        return self._merge(hidden)

    def project(self, features: Tensor) -> Tensor:
        """Compute the first layer's input product: [..., F] -> [..., M, 4H]."""
        return self.layers[0].project(features.unsqueeze(0)).movedim(0, -2)

    def step(self, projected: Tensor, state: LstmCoreState) -> tuple[Tensor, LstmCoreState]:
        """Advance by one frame: [..., M, 4H] and a state -> [..., H or M * H], and the next."""
        inputs = projected.movedim(-2, 0)
        advanced: list[LstmState] = []
        for layer, before in zip(self.layers, state, strict=True):
            if advanced:
                inputs = layer.project(advanced[-1].hidden)
            advanced.append(layer.step(inputs, before))
        return self._merge(advanced[-1].hidden), tuple(advanced)

    def initial_state(self, batch: tuple[int, ...]) -> LstmCoreState:
        """Return the zero state."""
        return tuple(layer.initial_state(batch) for layer in self.layers)

    def side_by_side(self, first: LstmCoreState, second: LstmCoreState) -> LstmCoreState:
        """Return the states of two batches side by side, along their last axis."""
        return tuple(
            LstmState(*(torch.cat(parts, dim=-2) for parts in zip(one, other, strict=True)))
            for one, other in zip(first, second, strict=True)
        )

    def reset(self, state: LstmCoreState, where: BatchIndex) -> LstmCoreState:
        """Set the sequences `where` to the zero state, in place."""
        for layer in state:
            layer.hidden[:, *where] = 0
            layer.cell[:, *where] = 0
        return state

    def _merge(self, hidden: Tensor) -> Tensor:
        """Join the members' outputs: [M, ..., H] -> [..., H or M * H]."""
        if hidden.shape[0] == 1:
            return hidden[0]
        return hidden.sum(0) if self.join == "sum" else torch.cat(hidden.unbind(0), dim=-1)
