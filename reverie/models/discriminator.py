"""The discriminator of a frame model: scores how real a next frame is, given the frames before it.

After Goodfellow et al. 2014, conditioned on the context as in Mathieu et al. 2016 (video, frame by
frame); the losses are those of Mao et al. 2017 and of Lim & Ye 2017.
Letters: B batch, T steps, D width of a frame, W width inside.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from reverie.models.linear import Linear
from reverie.models.masking import masked
from reverie.models.settings import Adversary, Precision

CONTEXT_FRAMES = 4
"""Number of preceding frames that condition a score."""
SLOPE = 0.2
"""Negative slope of the leaky ReLU (Radford et al. 2016)."""


class Judged(NamedTuple):
    """Scores and features of frames."""

    scores: Tensor
    """[B, T]; higher is more real."""
    features: Tensor
    """[B, T, W]: activations of the last hidden layer, for feature matching."""

    def where(self, mask: Tensor | None) -> "Judged":
        """Return only the frames where `mask` [B, T] is true."""
        return Judged(masked(self.scores, mask), masked(self.features, mask))


class Discriminator(nn.Module):
    """Score each frame, given the real frames before it.

    Args:
        width: D.
        inner: W.
        precision: of the matrix products.
        rng: draws the initial weights.
    """

    def __init__(
        self, width: int, inner: int, precision: Precision, rng: torch.Generator | None
    ) -> None:
        super().__init__()
        self.embed = Linear(width, inner, precision, rng)
        self.context = Linear(CONTEXT_FRAMES * inner, inner, precision, rng)
        self.own = Linear(inner, inner, precision, rng)
        self.both = Linear(inner, inner, precision, rng)
        self.score = Linear(inner, 1, precision, rng)

    def contexts(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Embed real frames [B, T, D] and the frames that precede each: two tensors [B, T, W]."""
        embedded = self.embed(frames)
        padded = functional.pad(embedded, (0, 0, CONTEXT_FRAMES, 0))
        before = padded.unfold(-2, CONTEXT_FRAMES, 1)[..., :-1, :, :].flatten(-2)
        return embedded, self.context(before)

    def judge(self, embedded: Tensor, before: Tensor) -> Judged:
        """Score embedded frames [B, T, W] in their embedded contexts [B, T, W]."""
        hidden = functional.leaky_relu(self.own(embedded) + before, SLOPE)
        features = functional.leaky_relu(self.both(hidden), SLOPE)
        return Judged(self.score(features).squeeze(-1), features)

    def forward(self, frames: Tensor, before: Tensor) -> Judged:
        """Score frames [B, T, D] in the contexts [B, T, W] that `contexts` returned."""
        return self.judge(self.embed(frames), before)


def detection_loss(form: Adversary, real: Tensor, generated: Tensor) -> Tensor:
    """Compute the discriminator's loss from its scores [B, T] of real and generated frames."""
    if form == "hinge":
        return (1 - real).relu().mean() + (1 + generated).relu().mean()
    return (real - 1).square().mean() + generated.square().mean()


def deception_loss(form: Adversary, generated: Tensor) -> Tensor:
    """Compute the model's adversarial loss from the scores [B, T] of the frames it generated."""
    return -generated.mean() if form == "hinge" else (generated - 1).square().mean()
