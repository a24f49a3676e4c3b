"""The LSTM engine: one layer of weights, several ways to compute it, all equal within rounding.

The LSTM of Hochreiter & Schmidhuber 1997 with forget gates (Gers et al. 2000) and no peepholes, as
in Keras; dropout on inputs and on hidden state with one mask a sequence (Gal & Ghahramani 2016).
Gates lie in the order input, forget, cell, output.
Letters: B batch, T frames, F features in, H hidden width.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from reverie.models.linear import Precision, dropout_mask, glorot_uniform
from reverie.models.lstm_scan import scan


class LstmState(NamedTuple):
    """What an LSTM carries from one frame to the next."""

    hidden: Tensor
    """[..., H], also the output of the step that made it."""
    cell: Tensor
    """[..., H]."""


class Masks(NamedTuple):
    """Dropout of one batch of sequences, constant over time; None drops nothing."""

    inputs: Tensor | None
    """[B, F]."""
    hidden: Tensor | None
    """[B, H]."""


class Lstm(nn.Module):
    """One LSTM layer.

    Args:
        features: F.
        hidden: H.
        input_dropout: share of inputs dropped in training.
        hidden_dropout: share of the hidden state dropped before the recurrent product.
        precision: of the matrix products.
        rng: for the initial weights: Glorot uniform on inputs, orthogonal on the recurrence, and
            a forget bias of 1, as Keras does.
    """

    def __init__(
        self,
        features: int,
        hidden: int,
        *,
        input_dropout: float,
        hidden_dropout: float,
        precision: Precision,
        rng: torch.Generator | None,
    ) -> None:
        super().__init__()
        self.features, self.hidden = features, hidden
        self.input_dropout, self.hidden_dropout = input_dropout, hidden_dropout
        self.precision: Precision = precision
        self.weight_input = nn.Parameter(torch.empty(4 * hidden, features))
        self.weight_hidden = nn.Parameter(torch.empty(4 * hidden, hidden))
        self.bias = nn.Parameter(torch.zeros(4 * hidden))
        for gate in self.weight_input.chunk(4):
            glorot_uniform(gate, rng, features, hidden)
        if not self.weight_hidden.is_meta:
            for gate in self.weight_hidden.data.chunk(4):
                nn.init.orthogonal_(gate, generator=rng)
        with torch.no_grad():
            self.bias[hidden : 2 * hidden] = 1.0

    def masks(self, batch: int, rng: torch.Generator | None) -> Masks:
        """Draw the dropout of one batch; with no `rng` nothing is dropped."""
        if rng is None:
            return Masks(None, None)
        return Masks(
            dropout_mask((batch, self.features), self.input_dropout, rng, self.bias),
            dropout_mask((batch, self.hidden), self.hidden_dropout, rng, self.bias),
        )

    def forward(self, x: Tensor, masks: Masks) -> Tensor:
        """Every hidden state of sequences begun at the zero state: [B, T, F] -> [B, T, H].

        One input product for all steps, a scan over the recurrence, and in the backward pass the
        gradients of the weights as two large products after it.
        """
        if masks.inputs is not None:
            x = x * masks.inputs.unsqueeze(1)
        return scan(
            x, self.weight_input, self.weight_hidden, self.bias, masks.hidden, self.precision
        )

    def reference(self, x: Tensor, masks: Masks) -> Tensor:
        """What `forward` returns, one step at a time with autograd: what the scan is tested by."""
        if masks.inputs is not None:
            x = x * masks.inputs.unsqueeze(1)
        state = self.initial_state(x.shape[:1], x)
        outputs: list[Tensor] = []
        for frame in x.unbind(1):
            recurrent = state.hidden if masks.hidden is None else state.hidden * masks.hidden
            state = self.step(frame, LstmState(recurrent, state.cell))
            outputs.append(state.hidden)
        return torch.stack(outputs, dim=1)

    def step(self, x: Tensor, state: LstmState) -> LstmState:
        """Advance by one frame, with no dropout.

        Leading axes broadcast, so one frame [B, 1, F] can advance many states [B, K, H] at the
        price of one input product.

        Args:
            x: [..., F].
            state: [..., H].
        """
        gates = functional.linear(x, self.weight_input, self.bias) + functional.linear(
            state.hidden, self.weight_hidden
        )
        write, forget, content, read = gates.chunk(4, dim=-1)
        cell = forget.sigmoid() * state.cell + write.sigmoid() * content.tanh()
        return LstmState(read.sigmoid() * cell.tanh(), cell)

    def initial_state(self, batch: tuple[int, ...] | torch.Size, like: Tensor) -> LstmState:
        """The zero state [*batch, H], of the kind of `like`."""
        zeros = like.new_zeros(*batch, self.hidden)
        return LstmState(zeros, zeros.clone())
