"""The paper's future work: next frames that another network cannot tell from real ones.

Squared error asks for the average of all continuations. This head adds to the paper's prediction a
part that depends on noise, so that one context has many continuations, and learns it from a
discriminator beside the squared error.
Letters as in `contract.py`, and W width inside, Z numbers of noise.
"""

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from reverie.models.discriminator import (
    Adversary,
    Discriminator,
    Judged,
    deception_loss,
    detection_loss,
)
from reverie.models.heads import EnsembleHead, LinearHead
from reverie.models.linear import Linear
from reverie.models.masking import masked
from reverie.models.products import Precision


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
            inner = inner + self._noise(inner, rng)
        return torch.cat([self.mean(features, rng), inner], dim=-1)

    def loss(self, output: Tensor, next_frame: Tensor, mask: Tensor | None = None) -> Tensor:
        """Squared error of the generated frames; its gradient is that of all the losses."""
        generated = self._frames(output)
        squared = functional.mse_loss(masked(generated, mask), masked(next_frame, mask))
        critic = self.discriminator
        seen, before = critic.contexts(next_frame)
        real = critic.judge(seen, before).where(mask)
        fake = critic(generated.detach(), before).where(mask)
        learnt = detection_loss(self.form, real.scores, fake.scores)
        frozen = {name: weight.detach() for name, weight in critic.named_parameters()}
        judged = functional_call(critic, frozen, (generated, before.detach()))
        tried = Judged(*judged).where(mask)
        learnt = learnt + self.weight * deception_loss(self.form, tried.scores)
        if self.matching:
            wanted = real.features.detach().mean((0, 1))
            difference = (tried.features.mean((0, 1)) - wanted).square().mean()
            learnt = learnt + self.matching * difference
        # The value is the squared error, which compares with that of other heads.
        return squared + learnt - learnt.detach()

    def predict(self, output: Tensor) -> Tensor:
        """Return the frame of an output without noise: [..., D + W] -> [..., D]."""
        return self._frames(output)

    def draw(
        self,
        output: Tensor,
        rmse: Tensor | None,  # noqa: ARG002
        temperature: float,
        rng: torch.Generator,
    ) -> Tensor:
        """Draw a next frame, [..., D + W] -> [..., D]; the temperature is the noise's deviation.

        Its noise was learnt, so `rmse` is ignored.
        """
        if temperature == 0:
            return self._frames(output)
        added = self._noise(output[..., self.width :], rng, temperature)
        return self._frames(output, added)

    def _noise(self, like: Tensor, rng: torch.Generator, deviation: float = 1.0) -> Tensor:
        """Draw what noise adds inside: [..., W]."""
        shape = (*like.shape[:-1], self.noise_width)
        noise = torch.randn(shape, generator=rng, device=rng.device).to(like)
        return self.noise(deviation * noise)

    def _frames(self, output: Tensor, added: Tensor | float = 0.0) -> Tensor:
        """[..., D + W], and what is to be added inside -> [..., D]."""
        mean, inner = output[..., : self.width], output[..., self.width :]
        return mean + self.spread((inner + added).relu())
