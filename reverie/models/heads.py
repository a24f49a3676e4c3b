"""Heads: from the recurrent core's output to a distribution over the next frame.

Letters as in `contract.py`; M members of an ensemble, E hidden width of a member.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from reverie.models.linear import Dense, Linear
from reverie.models.masking import masked
from reverie.models.settings import Precision


class _NextFrame(nn.Module):
    """A head whose output is the next frame, trained by mean squared error.

    Squared error is the likelihood of a normal distribution of one fixed width around the output,
    and `draw` samples from it. Temperature 0 returns the mean, as the paper does; at temperature 1
    the standard deviation is the model's error on held-out music.
    """

    unit = "mean squared error"

    def loss(self, output: Tensor, next_frame: Tensor, mask: Tensor | None = None) -> Tensor:
        """Compute the mean squared error of all frames, or of those where `mask` [B, T] is true."""
        return functional.mse_loss(masked(output, mask), masked(next_frame, mask))

    def predict(self, output: Tensor) -> Tensor:
        """Return the frame that an output stands for: [..., D] -> [..., D]."""
        return output

    def draw(
        self, output: Tensor, rmse: Tensor | None, temperature: float, rng: torch.Generator
    ) -> Tensor:
        """Draw a next frame: [..., D] -> [..., D].

        Args:
            output: of this head.
            rmse: [D], root mean square error of each number on held-out music; None gives the mean.
            temperature: the standard deviation, in units of `rmse`; 0 gives the mean.
            rng: draws the deviations.
        """
        if temperature == 0 or rmse is None:
            return output
        noise = torch.randn(output.shape, generator=rng, device=rng.device)
        return output + temperature * rmse.to(output) * noise.to(output)


class LinearHead(_NextFrame):
    """The paper's head: a linear layer to the next frame, with an optional dense layer before it.

    Args:
        features: H.
        width: D.
        dense: the optional layer before it, from H to any width.
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
        super().__init__()
        self.dense = dense
        self.linear = Linear(dense.outputs if dense else features, width, precision, rng)

    def forward(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Map features [..., H] to an output [..., D]."""
        return self.linear(self.dense(features, rng) if self.dense else features)


class EnsembleHead(_NextFrame):
    """Predict the next frame with one linear layer for each member, and average the predictions.

    Args:
        members: M.
        features: E; H is M * E.
        width: D.
        trained: `together` minimises the error of the average, `apart` the error of each member.
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
        super().__init__()
        self.trained: Literal["together", "apart"] = trained
        self.members = [Linear(features, width, precision, rng) for _ in range(members)]
        for number, member in enumerate(self.members):
            self.add_module(f"member{number + 1}", member)

    def forward(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Map features [..., M * E] to the average [..., D]; when training `apart`, to [M, ...,
        D]."""
        parts = features.chunk(len(self.members), dim=-1)
        predictions = [member(part) for member, part in zip(self.members, parts, strict=True)]
        stacked = torch.stack(predictions)
        return stacked if self.trained == "apart" and rng is not None else stacked.mean(0)

    def loss(self, output: Tensor, next_frame: Tensor, mask: Tensor | None = None) -> Tensor:
        """Compute the mean squared error of the average or of each member, where `mask` [B, T]."""
        frames = masked(next_frame, mask)
        if output.dim() == next_frame.dim():
            return functional.mse_loss(masked(output, mask), frames)
        each = output if mask is None else torch.stack([masked(part, mask) for part in output])
        return functional.mse_loss(each, frames.expand_as(each))
