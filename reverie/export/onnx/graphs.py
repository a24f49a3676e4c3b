"""The graphs: modules of plain tensors, which `torch.onnx` traces. Letters as in `plain/model.py`,
and S tensors of a decoder's state."""

import torch
from torch import Tensor, nn

from reverie.export.plain.model import PlainModel


class StepGraph(nn.Module):
    """The model's step.

    Args:
        model: which.
    """

    def __init__(self, model: PlainModel) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, seen: Tensor, hidden: Tensor, cell: Tensor, beat: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """See `PlainModel`."""
        return self.model(seen, hidden, cell, beat)


class StepGraphWithoutBeat(StepGraph):
    """The same of a model that is told no beat, so that its graph has one input less."""

    def forward(  # type: ignore[override]
        self, seen: Tensor, hidden: Tensor, cell: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """See `PlainModel`."""
        return self.model(seen, hidden, cell, seen.new_zeros(1, 2))


class CodesGraph(nn.Module):
    """The logits of all codes of a frame, each given those before it.

    Args:
        model: whose head is over codes.
        n_codes: Q.
    """

    def __init__(self, model: PlainModel, n_codes: int) -> None:
        super().__init__()
        self.model, self.n_codes = model, n_codes

    def forward(self, output: Tensor, codes: Tensor) -> Tensor:
        """[B, O] and [1, Q] -> [Q, B, C]; the logits of a code ignore it and those after it."""
        return torch.stack(
            [self.model.logits(output, codes, place) for place in range(self.n_codes)]
        )


class DecodeGraph(nn.Module):
    """A decoder whose state is arguments.

    Args:
        decoder: which.
    """

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, frame: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """[1, D] and S tensors -> [C, n] and S tensors."""
        samples, after = self.decoder(frame, list(state))
        return samples, *after
