"""Recurrent cores, built of `Lstm` layers.

Letters as in `contract.py`; M members side by side.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from reverie.models.contract import CoreState
from reverie.models.lstm import Lstm, LstmState


class StackedCore(nn.Module):
    """LSTM layers one upon the other; the paper's plain LSTM is a stack of one.

    Args:
        layers: from the first to the last.
    """

    def __init__(self, layers: Sequence[Lstm]) -> None:
        super().__init__()
        self.layers = list(layers)
        for number, layer in enumerate(self.layers):
            self.add_module(f"layer{number + 1}", layer)
        self.outputs = self.layers[-1].hidden

    def forward(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """[B, T, F] -> [B, T, H], from the zero state."""
        for layer in self.layers:
            features = layer(features, layer.masks(features.shape[0], rng))
        return features

    def step(self, features: Tensor, state: CoreState) -> tuple[Tensor, CoreState]:
        """[..., F] -> [..., H], one frame on."""
        advanced: list[LstmState] = []
        for layer, before in zip(self.layers, state, strict=True):
            after = layer.step(features, before)
            features = after.hidden
            advanced.append(after)
        return features, tuple(advanced)

    def initial_state(self, batch: tuple[int, ...], like: Tensor) -> CoreState:
        """The zero state."""
        return tuple(layer.initial_state(batch, like) for layer in self.layers)


class ParallelCore(nn.Module):
    """Stacks side by side, each with its own weights, all hearing the same features.

    Args:
        members: the M stacks, as wide as each other.
        join: `sum` adds their outputs (H numbers), `concatenate` puts them one after another
            (M * H numbers).
    """

    def __init__(self, members: Sequence[StackedCore], join: Literal["sum", "concatenate"]) -> None:
        super().__init__()
        self.members, self.join = list(members), join
        for number, member in enumerate(self.members):
            self.add_module(f"member{number + 1}", member)
        width = self.members[0].outputs
        self.outputs = width if join == "sum" else width * len(self.members)

    def forward(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """[B, T, F] -> [B, T, H or M * H], from the zero state."""
        return self._joined([member(features, rng) for member in self.members])

    def step(self, features: Tensor, state: CoreState) -> tuple[Tensor, CoreState]:
        """[..., F] -> [..., H or M * H], one frame on."""
        depth = len(state) // len(self.members)
        outputs: list[Tensor] = []
        advanced: CoreState = ()
        for number, member in enumerate(self.members):
            output, after = member.step(features, state[number * depth : (number + 1) * depth])
            outputs.append(output)
            advanced += after
        return self._joined(outputs), advanced

    def initial_state(self, batch: tuple[int, ...], like: Tensor) -> CoreState:
        """The zero state: the layers of the first member, then those of the next."""
        return tuple(
            layer for member in self.members for layer in member.initial_state(batch, like)
        )

    def _joined(self, outputs: list[Tensor]) -> Tensor:
        if self.join == "sum":
            return torch.stack(outputs).sum(0)
        return torch.cat(outputs, dim=-1)
