"""Dense layers whose matrix products have a chosen precision.

Letters: F features in, O features out.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from reverie.models.products import PackedWeight, affine
from reverie.models.settings import Precision

FEW_ROWS = 64
"""Outside training, a product with at most this many rows is likely to be repeated many times."""

SMALL = 1 << 20
"""Outside training, a product of up to this many multiplications is faster plain than in bfloat16
with oneDNN: 3 µs against 27 µs for one row of 192 numbers into 128."""


class Linear(nn.Module):
    """Compute `x @ weight.T + bias`, initialised as in Keras (Glorot uniform, zero bias).

    Args:
        features: F.
        outputs: O.
        precision: of the product.
        rng: for the initial weights.
    """

    def __init__(
        self, features: int, outputs: int, precision: Precision, rng: torch.Generator | None
    ) -> None:
        super().__init__()
        self._packed = PackedWeight(precision)
        self.weight = nn.Parameter(torch.empty(outputs, features))
        self.bias = nn.Parameter(torch.zeros(outputs))
        glorot_uniform(self.weight, rng, features, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map [..., F] to [..., O], both float32."""
        if not torch.is_grad_enabled() and x.numel() * len(self.weight) <= SMALL:
            return functional.linear(x, self.weight, self.bias)
        flat = x.reshape(-1, x.shape[-1])
        if len(flat) <= FEW_ROWS and not torch.is_grad_enabled():
            rows = flat.unsqueeze(0).to(self._packed.product_type(flat))
            y = self._packed.matmul(rows, self.weight.unsqueeze(0)).squeeze(0) + self.bias
        else:
            y = affine(flat, self.weight, self.bias, self._packed)
        return y.view(*x.shape[:-1], -1)


class Dense(nn.Module):
    """A dense layer inside a model: linear, optional ReLU, dropout.

    Args:
        features: F.
        outputs: O.
        relu: whether negative outputs become 0.
        dropout: share of the outputs dropped in training, drawn again for each frame.
        precision: of the product.
        rng: for the initial weights.
    """

    def __init__(
        self,
        features: int,
        outputs: int,
        *,
        relu: bool,
        dropout: float,
        precision: Precision,
        rng: torch.Generator | None,
    ) -> None:
        super().__init__()
        self.outputs, self.relu, self.dropout = outputs, relu, dropout
        self.linear = Linear(features, outputs, precision, rng)

    def forward(self, x: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Map [..., F] to [..., O]; `rng` turns dropout on."""
        y = self.linear(x)
        if self.relu:
            y = y.relu()
        mask = None if rng is None else dropout_mask(y.shape, self.dropout, rng, y)
        return y if mask is None else y * mask


def glorot_uniform(
    weight: Tensor, rng: torch.Generator | None, features: int, outputs: int
) -> None:
    """Fill `weight` uniformly within sqrt(6 / (F + O)) (Glorot & Bengio 2010)."""
    bound = math.sqrt(6 / (features + outputs))
    with torch.no_grad():
        weight.uniform_(-bound, bound, generator=rng)


def dropout_mask(
    shape: tuple[int, ...], rate: float, rng: torch.Generator, like: Tensor
) -> Tensor | None:
    """Draw a mask of zeros and 1 / (1 - rate) on the device of `like`; None if the rate is 0.

    Args:
        shape: of the mask.
        rate: share of entries dropped, in [0, 1).
        rng: draws the entries to drop, on its own device.
        like: a tensor of the mask's device and type.
    """
    if rate == 0:
        return None
    if like.is_meta:  # a meta tensor has no values, and drawing would allocate memory
        return like.new_empty(shape)
    kept = torch.rand(shape, generator=rng, device=rng.device) >= rate
    return kept.to(like.device, like.dtype) / (1 - rate)
