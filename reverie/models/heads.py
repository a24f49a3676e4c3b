"""Heads: from the recurrent core's output to a distribution over the next frame.

Letters as in `contract.py`; M members of an ensemble, E width of each one's state.
"""

from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from reverie.models.contract import Sampler
from reverie.models.linear import Dense, Linear
from reverie.models.masking import heard_only
from reverie.models.products import Precision
from reverie.models.settings import SampleSettings


class _NextFrame(nn.Module):
    """A head whose output is the next frame, trained by mean squared error.

    Squared error is the likelihood of a normal distribution of one fixed width around the output,
    and `sampler` draws from it: the mean at temperature 0, as the paper does, or with as much
    spread as the model errs on held-out music at temperature 1.

    Args:
        width: D, which is O too.
    """

    unit = "mean squared error"

    error: Tensor
    """[D], root mean square error of each feature on held-out music; set by training."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("error", torch.zeros(width))

    def loss(self, output: Tensor, next_frame: Tensor, heard: Tensor | None = None) -> Tensor:
        """Mean squared error, of all frames or of those that are `heard` [B, T]."""
        return functional.mse_loss(heard_only(output, heard), heard_only(next_frame, heard))

    def measure(self, pairs: Iterable[tuple[Tensor, Tensor]]) -> float:
        """Mean squared error over held-out `pairs`; each feature's own is kept for `sampler`."""
        count = 0
        squares = torch.zeros_like(self.error, dtype=torch.float64)
        for output, next_frame in pairs:
            error = (output - next_frame).flatten(0, -2)
            count += error.shape[0]
            squares += error.double().square().sum(0)
        self.error.copy_((squares / max(count, 1)).sqrt())
        return float(squares.mean() / max(count, 1))

    def lacks(self, settings: SampleSettings) -> str:
        """The spread around the mean, without which every temperature is 0."""
        if settings.temperature == 0 or bool(self.error.any()):
            return ""
        return (
            "the temperature has no effect: this checkpoint was written before held-out music was "
            "measured"
        )

    def sampler(self, settings: SampleSettings, rng: torch.Generator) -> Sampler:
        """[..., D] -> [..., D]."""

        def sample(output: Tensor) -> Tensor:
            if settings.temperature == 0:
                return output
            noise = torch.randn(output.shape, generator=rng, device=rng.device)
            return output + settings.temperature * self.error * noise.to(output)

        return sample


class LinearHead(_NextFrame):
    """The paper's head: a linear layer to the next frame, with another dense one before it or not.

    Args:
        features: H.
        width: D.
        dense: a layer before, H to any width.
        precision: of the product.
        rng: for the initial weights.
    """

    def __init__(
        self,
        features: int,
        width: int,
        *,
        dense: Dense | None = None,
        precision: Precision,
        rng: torch.Generator | None,
    ) -> None:
        super().__init__(width)
        self.dense = dense
        self.linear = Linear(dense.outputs if dense else features, width, precision, rng)

    def forward(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """[..., H] -> [..., D]."""
        return self.linear(self.dense(features, rng) if self.dense else features)


class EnsembleHead(_NextFrame):
    """A linear layer for each member of an ensemble, and the average of what they predict.

    Args:
        members: M.
        features: E; H is M * E.
        width: D.
        trained: `together` learns from the error of the average, `apart` from each one's own.
        precision: of the products.
        rng: for the initial weights.
    """

    def __init__(
        self,
        members: int,
        features: int,
        width: int,
        *,
        trained: Literal["together", "apart"],
        precision: Precision,
        rng: torch.Generator | None,
    ) -> None:
        super().__init__(width)
        self.trained: Literal["together", "apart"] = trained
        self.members = [Linear(features, width, precision, rng) for _ in range(members)]
        for number, member in enumerate(self.members):
            self.add_module(f"member{number + 1}", member)

    def forward(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """[..., M * E] -> [..., D]; in training apart, each one's own prediction [M, ..., D]."""
        parts = features.chunk(len(self.members), dim=-1)
        predictions = [member(part) for member, part in zip(self.members, parts, strict=True)]
        stacked = torch.stack(predictions)
        return stacked if self.trained == "apart" and rng is not None else stacked.mean(0)

    def loss(self, output: Tensor, next_frame: Tensor, heard: Tensor | None = None) -> Tensor:
        """Mean squared error, of the average or over the members, where `heard` [B, T]."""
        frames = heard_only(next_frame, heard)
        if output.dim() == next_frame.dim():
            return functional.mse_loss(heard_only(output, heard), frames)
        apart = (
            torch.stack([heard_only(one, heard) for one in output]) if heard is not None else output
        )
        return functional.mse_loss(apart, frames.expand_as(apart))
