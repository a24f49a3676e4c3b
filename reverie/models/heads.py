"""Heads: from the recurrent core's output to a distribution over the next frame.

Letters as in `contract.py`.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from reverie.models.contract import SampleSettings
from reverie.models.linear import Linear, Precision


class LinearHead(nn.Module):
    """The paper's head: a linear layer to the next frame, trained by mean squared error.

    Squared error is the likelihood of a normal distribution of one fixed width around the output,
    and `sample` draws from it: the mean at temperature 0, as the paper does, or with as much
    spread as the model errs on held-out music at temperature 1.

    Args:
        features: H.
        width: D, which is O too.
        precision: of the product.
        rng: for the initial weights.
    """

    error: Tensor
    """[D], root mean square error of each feature on held-out music; set by training."""

    def __init__(
        self, features: int, width: int, *, precision: Precision, rng: torch.Generator | None
    ) -> None:
        super().__init__()
        self.linear = Linear(features, width, precision, rng)
        self.register_buffer("error", torch.zeros(width))

    def forward(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:  # noqa: ARG002
        """[..., H] -> [..., D]."""
        return self.linear(features)

    def loss(self, output: Tensor, next_frame: Tensor) -> Tensor:
        """Mean squared error."""
        return functional.mse_loss(output, next_frame)

    def measure(self, pairs: Iterable[tuple[Tensor, Tensor]]) -> float:
        """Mean squared error over held-out `pairs`; each feature's own is kept for `sample`."""
        count = 0
        squares = torch.zeros_like(self.error, dtype=torch.float64)
        for output, next_frame in pairs:
            error = (output - next_frame).flatten(0, -2)
            count += error.shape[0]
            squares += error.double().square().sum(0)
        self.error.copy_((squares / max(count, 1)).sqrt())
        return float(squares.mean() / max(count, 1))

    def sample(self, output: Tensor, rng: torch.Generator, settings: SampleSettings) -> Tensor:
        """[..., D] -> [..., D]."""
        if settings.temperature == 0:
            return output
        noise = torch.randn(output.shape, generator=rng, device=rng.device)
        return output + settings.temperature * self.error * noise.to(output)
