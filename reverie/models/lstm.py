"""The LSTM engine: one weight layout and several implementations, equal within rounding.

The LSTM of Hochreiter & Schmidhuber 1997 with forget gates (Gers et al. 2000) and no peepholes, as
in Keras; dropout on the inputs and on the hidden state uses one mask for a whole sequence (Gal &
Ghahramani 2016). Parallel layers are the members of one layer and are computed together.
The gates are stored in the order input, forget, cell, output.
Letters: M members, B batch, T frames, F features in, H hidden width; `...` axes that broadcast.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from reverie.models.linear import dropout_mask, glorot_uniform
from reverie.models.lstm_scan import scan
from reverie.models.lstm_scan_cuda import scan_cuda
from reverie.models.products import PackedWeight
from reverie.models.settings import Precision


class LstmState(NamedTuple):
    """The recurrent state between two frames."""

    hidden: Tensor
    """[M, ..., H]; also the layer's output at that frame."""
    cell: Tensor
    """[M, ..., H]."""


class Masks(NamedTuple):
    """Dropout masks of one batch of sequences, constant over time; None drops nothing."""

    inputs: Tensor | None
    """[M, B, F]."""
    hidden: Tensor | None
    """[M, B, H]."""


class Lstm(nn.Module):
    """One LSTM layer, or several parallel ones with separate weights.

    Args:
        features: F.
        hidden: H.
        members: M.
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
        members: int = 1,
        input_dropout: float,
        hidden_dropout: float,
        precision: Precision,
        rng: torch.Generator | None,
    ) -> None:
        super().__init__()
        self.features, self.hidden, self.members = features, hidden, members
        self.input_dropout, self.hidden_dropout = input_dropout, hidden_dropout
        self.precision: Precision = precision
        self.weight_input = nn.Parameter(torch.empty(members, 4 * hidden, features))
        self.weight_hidden = nn.Parameter(torch.empty(members, 4 * hidden, hidden))
        self.bias = nn.Parameter(torch.zeros(members, 4 * hidden))
        self._into, self._around = PackedWeight(precision), PackedWeight(precision)
        for gate in self.weight_input.view(4 * members, hidden, features):
            glorot_uniform(gate, rng, features, hidden)
        if not self.weight_hidden.is_meta:
            for gate in self.weight_hidden.data.view(4 * members, hidden, hidden):
                nn.init.orthogonal_(gate, generator=rng)
        with torch.no_grad():
            self.bias[:, hidden : 2 * hidden] = 1.0

    def masks(self, batch: int, rng: torch.Generator | None) -> Masks:
        """Draw the dropout masks of one batch; without `rng` nothing is dropped."""
        if rng is None:
            return Masks(None, None)
        into, around = (self.members, batch, self.features), (self.members, batch, self.hidden)
        return Masks(
            dropout_mask(into, self.input_dropout, rng, self.bias),
            dropout_mask(around, self.hidden_dropout, rng, self.bias),
        )

    def forward(self, x: Tensor, masks: Masks) -> Tensor:
        """Compute every hidden state of sequences that begin in the zero state.

        The forward pass runs one input product for all steps, then a scan over the recurrence. The
        backward pass ends with two large products for the gradients of the weights.

        Args:
            x: [M, B, T, F], or [1, B, T, F] shared by all members.
            masks: of this batch.

        Returns:
            [M, B, T, H].
        """
        run = scan_cuda if x.is_cuda else scan
        return run(
            x,
            self.weight_input,
            self.weight_hidden,
            self.bias,
            masks.inputs,
            masks.hidden,
            self._into,
            self._around,
        )

    def reference(self, x: Tensor, masks: Masks) -> Tensor:
        """Compute what `forward` returns step by step with autograd; tests compare the scan to
        it."""
        if masks.inputs is not None:
            x = x * masks.inputs.unsqueeze(2)
        state = self.initial_state(x.shape[1:2])
        outputs: list[Tensor] = []
        for frame in x.unbind(2):
            recurrent = state.hidden if masks.hidden is None else state.hidden * masks.hidden
            gates = frame @ self.weight_input.mT + recurrent @ self.weight_hidden.mT
            state = self._gated(gates + self.bias.unsqueeze(1), state.cell)
            outputs.append(state.hidden)
        return torch.stack(outputs, dim=2)

    def project(self, x: Tensor) -> Tensor:
        """Project inputs to gate pre-activations without dropout: [M or 1, ..., F] -> [M, ...,
        4H]."""
        flat = x.flatten(1, -2).expand(self.members, -1, -1)
        rows = flat.to(self._into.product_type(x))
        added = self._into.matmul(rows, self.weight_input).to(x.dtype) + self.bias.unsqueeze(1)
        return added.view(self.members, *x.shape[1:-1], -1)

    def step(self, projected: Tensor, state: LstmState) -> LstmState:
        """Advance the state by one frame, without dropout.

        Axes between the first and the last broadcast, so one frame [M, B, 1, 4H] can advance many
        states [M, B, K, H] at the cost of one input product.

        Args:
            projected: [M, ..., 4H], the frame as returned by `project`.
            state: [M, ..., H].
        """
        hidden = state.hidden.flatten(1, -2).to(self._around.product_type(state.hidden))
        recurrent = self._around.matmul(hidden, self.weight_hidden)
        # In place, and two gates at once: beside a small product, each operation counts.
        gates = recurrent.view(*state.hidden.shape[:-1], -1).to(projected.dtype)
        gates += projected
        gates[..., : 2 * self.hidden].sigmoid_()
        write, forget, content, read = gates.chunk(4, dim=-1)
        cell = (forget * state.cell).addcmul_(write, content.tanh())
        return LstmState(read.sigmoid() * cell.tanh(), cell)

    def initial_state(self, batch: tuple[int, ...] | torch.Size) -> LstmState:
        """Return the zero state [M, *batch, H] in the weights' type and on their device."""
        zeros = self.bias.new_zeros(self.members, *batch, self.hidden)
        return LstmState(zeros, zeros.clone())

    @staticmethod
    def _gated(gates: Tensor, cell: Tensor) -> LstmState:
        write, forget, content, read = gates.chunk(4, dim=-1)
        cell = forget.sigmoid() * cell + write.sigmoid() * content.tanh()
        return LstmState(read.sigmoid() * cell.tanh(), cell)
