"""The paper's future work: next frames that another network cannot tell from real ones.

Squared error asks for the average of all continuations. This head adds to the paper's prediction a
part that depends on noise, so that one context has many continuations, and learns it from a
discriminator beside the squared error.
Letters as in `contract.py`, and W width inside, Z numbers of noise.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from reverie.models.contract import Sampler
from reverie.models.discriminator import (
    Adversary,
    Discriminator,
    Judged,
    deception_loss,
    detection_loss,
)
from reverie.models.heads import EnsembleHead, LinearHead
from reverie.models.linear import Linear
from reverie.models.masking import heard_only
from reverie.models.products import Precision
from reverie.models.settings import SampleSettings


class AdversarialHead(nn.Module):
    """Draws next frames, trained by squared error and by deceiving a discriminator.

    Both networks learn in the same step: the discriminator's part of the loss does not reach the
    model, and the model's does not reach the discriminator.

    Args:
        features: H.
        mean: the paper's head: H -> D.
        width: D.
        inner: W.
        noise: Z.
        form: of the adversarial loss.
        weight: of deceiving, beside the squared error.
        matching: weight of meeting the mean of what the discriminator sees in real frames
            (Salimans et al. 2016).
        precision: of the products.
        rng: for the initial weights.
    """

    unit = "mean squared error"

    def __init__(
        self,
        features: int,
        mean: LinearHead | EnsembleHead,
        width: int,
        *,
        inner: int,
        noise: int,
        form: Adversary,
        weight: float,
        matching: float,
        precision: Precision,
        rng: torch.Generator | None,
    ) -> None:
        super().__init__()
        self.width = width
        self.form: Adversary = form
        self.weight, self.matching, self.noise_width = weight, matching, noise
        self.mean = mean
        self.inner = Linear(features, inner, precision, rng)
        self.noise = Linear(noise, inner, precision, rng)
        self.spread = Linear(inner, width, precision, rng)
        self.discriminator = Discriminator(width, inner, precision, rng)

    def forward(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """[..., H] -> [..., D + W]: the mean, and what the noise is to join; `rng` adds it."""
        inner = self.inner(features)
        if rng is not None:
            inner = inner + self._drawn(inner, rng)
        return torch.cat([self.mean(features, rng), inner], dim=-1)

    def loss(self, output: Tensor, next_frame: Tensor, heard: Tensor | None = None) -> Tensor:
        """Squared error of the frames made; its gradient is that of all that is learnt from."""
        made = self._frames(output)
        squared = functional.mse_loss(heard_only(made, heard), heard_only(next_frame, heard))
        judge = self.discriminator
        seen, before = judge.heard(next_frame)
        real = judge.judge(seen, before).where(heard)
        false = judge(made.detach(), before).where(heard)
        learnt = detection_loss(self.form, real.scores, false.scores)
        frozen = {name: one.detach() for name, one in judge.named_parameters()}
        tried = Judged(*functional_call(judge, frozen, (made, before.detach()))).where(heard)
        learnt = learnt + self.weight * deception_loss(self.form, tried.scores)
        if self.matching:
            wanted = real.features.detach().mean((0, 1))
            apart = (tried.features.mean((0, 1)) - wanted).square().mean()
            learnt = learnt + self.matching * apart
        # What is told is the squared error, which can be compared with that of other heads.
        return squared + learnt - learnt.detach()

    def lacks(self, settings: SampleSettings) -> str:  # noqa: ARG002
        """Nothing: its noise needs no measure."""
        return ""

    def measure(self, pairs: Iterable[tuple[Tensor, Tensor]]) -> float:
        """Mean squared error over held-out `pairs`, of the frames that no noise gives."""
        return self.mean.measure((self._frames(output), frame) for output, frame in pairs)

    def sampler(self, settings: SampleSettings, rng: torch.Generator) -> Sampler:
        """[..., D + W] -> [..., D]; the temperature is the noise's deviation."""

        def sample(output: Tensor) -> Tensor:
            if settings.temperature == 0:
                return self._frames(output)
            added = self._drawn(output[..., self.width :], rng, settings.temperature)
            return self._frames(output, added)

        return sample

    def _drawn(self, like: Tensor, rng: torch.Generator, deviation: float = 1.0) -> Tensor:
        """What noise adds inside: [..., W]."""
        shape = (*like.shape[:-1], self.noise_width)
        noise = torch.randn(shape, generator=rng, device=rng.device).to(like)
        return self.noise(deviation * noise)

    def _frames(self, output: Tensor, added: Tensor | float = 0.0) -> Tensor:
        """[..., D + W], and what is to be added inside -> [..., D]."""
        mean, inner = output[..., : self.width], output[..., self.width :]
        return mean + self.spread((inner + added).relu())
