"""The adversary of a frame model: tells real next frames from made ones, by what came before.

After Goodfellow et al. 2014, conditioned on the context as in Mathieu et al. 2016 (video, frame by
frame); the losses are those of Mao et al. 2017 and of Lim & Ye 2017.
Letters: B batch, T steps, D width of a frame, W width inside.
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from reverie.models.linear import Linear
from reverie.models.masking import masked
from reverie.models.products import Precision

Adversary = Literal["none", "hinge", "least-squares"]
"""By which loss the discriminator learns."""

CONTEXT_FRAMES = 4
"""Earlier frames that a frame is judged beside."""
SLOPE = 0.2
"""Of what lies below zero (Radford et al. 2016)."""


class Judged(NamedTuple):
    """What the discriminator makes of frames."""

    scores: Tensor
    """[B, T]; higher is more real."""
    features: Tensor
    """[B, T, W]: what it sees in them, before the score."""

    def where(self, mask: Tensor | None) -> "Judged":
        """Keep those where `mask` [B, T] is true."""
        return Judged(masked(self.scores, mask), masked(self.features, mask))


class Discriminator(nn.Module):
    """Scores each frame, given the real frames before it.

    Args:
        width: D.
        inner: W.
        precision: of the products.
        rng: for the initial weights.
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
        """Embed real frames [B, T, D], and the frames before each: twice [B, T, W]."""
        seen = self.embed(frames)
        padded = functional.pad(seen, (0, 0, CONTEXT_FRAMES, 0))
        before = padded.unfold(-2, CONTEXT_FRAMES, 1)[..., :-1, :, :].flatten(-2)
        return seen, self.context(before)

    def judge(self, seen: Tensor, before: Tensor) -> Judged:
        """Frames by themselves and what came before each, [B, T, W], to their scores."""
        joined = functional.leaky_relu(self.own(seen) + before, SLOPE)
        features = functional.leaky_relu(self.both(joined), SLOPE)
        return Judged(self.score(features).squeeze(-1), features)

    def forward(self, frames: Tensor, before: Tensor) -> Judged:
        """Frames [B, T, D] after the contexts [B, T, W] that `contexts` gave."""
        return self.judge(self.embed(frames), before)


def detection_loss(form: Adversary, real: Tensor, generated: Tensor) -> Tensor:
    """What the discriminator learns from its scores [B, T] of real and of made frames."""
    if form == "hinge":
        return (1 - real).relu().mean() + (1 + generated).relu().mean()
    return (real - 1).square().mean() + generated.square().mean()


def deception_loss(form: Adversary, generated: Tensor) -> Tensor:
    """What the model learns from the scores [B, T] of the frames that it made."""
    return -generated.mean() if form == "hinge" else (generated - 1).square().mean()
