"""The paper's future work: a head trained to generate frames that a discriminator takes for real.

Squared error favours the average of all continuations. This head adds a term that depends on noise
to the paper's prediction, so that one context has many continuations, and trains it with a
discriminator and squared error together.
Letters as in `contract.py`, and W inner width, Z size of the noise.
"""

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from reverie.models.discriminator import Discriminator, Judged, deception_loss, detection_loss
from reverie.models.heads import EnsembleHead, LinearHead
from reverie.models.linear import Linear
from reverie.models.masking import masked
from reverie.models.settings import Adversary, Precision


class AdversarialHead(nn.Module):
    """Draw next frames, trained with squared error and an adversarial loss.

    Both networks learn in the same step: the discriminator's loss has no gradient in the model, and
    the model's loss has none in the discriminator.

    Args:
        features: H.
        mean: the paper's head: H -> D.
        width: D.
        inner: W.
        noise: Z.
        form: form of the adversarial loss.
        weight: weight of the adversarial loss; that of squared error is 1.
        matching: weight of feature matching: the distance to the mean of the discriminator's
            features of real frames (Salimans et al. 2016).
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
        """Return the mean and the inner activations that noise is added to, which `rng` draws:
        [..., H] -> [..., D + W]."""
        inner = self.inner(features)
        if rng is not None:
            inner = inner + self._noise(inner, rng)
        return torch.cat([self.mean(features, rng), inner], dim=-1)

    def loss(self, output: Tensor, next_frame: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the generated frames' squared error, with the gradient of all the losses."""
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
        # The value is squared error alone, so that it can be compared with other heads'.
        return squared + learnt - learnt.detach()

    def predict(self, output: Tensor) -> Tensor:
        """Return the frame that an output gives without noise: [..., D + W] -> [..., D]."""
        return self._frames(output)

    def draw(
        self,
        output: Tensor,
        rmse: Tensor | None,  # noqa: ARG002
        temperature: float,
        rng: torch.Generator,
    ) -> Tensor:
        """Draw a next frame, [..., D + W] -> [..., D].

        The temperature is the standard deviation of the noise. The head has learnt how its output
        spreads, so `rmse` is ignored.
        """
        if temperature == 0:
            return self._frames(output)
        added = self._noise(output[..., self.width :], rng, temperature)
        return self._frames(output, added)

    def _noise(self, like: Tensor, rng: torch.Generator, deviation: float = 1.0) -> Tensor:
        """Draw noise and map it to inner activations [..., W]."""
        shape = (*like.shape[:-1], self.noise_width)
        noise = torch.randn(shape, generator=rng, device=rng.device).to(like)
        return self.noise(deviation * noise)

    def _frames(self, output: Tensor, added: Tensor | float = 0.0) -> Tensor:
        """Compute frames [..., D] from an output [..., D + W] and what to add to its
        activations."""
        mean, inner = output[..., : self.width], output[..., self.width :]
        return mean + self.spread((inner + added).relu())
