"""Matrix products in a chosen precision, with each weight rounded and packed once while it lasts.

A weight of float32 has to be rounded before a product in bfloat16, and oneDNN lays it out anew
inside every product. Both are a fraction of a large product and most of a small one, so what was
made of a weight is kept until the weight changes.
Letters: M members, N rows, F features in, O outputs.
"""

import platform
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

Precision = Literal["float32", "bfloat16"]
"""Of matrix products; weights, their gradients and everything between products stay float32."""

MANY = 16
"""From so many products on, laying a weight out costs less than it saves."""


class PackedWeight:
    """The weights [M, O, F] of a product, as the product wants them.

    Args:
        precision: of the product; `float32` takes weights in the type they have.
    """

    def __init__(self, precision: Precision) -> None:
        self.precision: Precision = precision
        self._rounded: tuple[object, Tensor] | None = None
        self._packed: dict[bool, tuple[object, list[Tensor]]] = {}

    def __deepcopy__(self, memo: object) -> "PackedWeight":
        """One with nothing kept: what is kept can be made again."""
        return PackedWeight(self.precision)

    def product_type(self, like: Tensor) -> torch.dtype:
        """Of the factors: that of `like`, or bfloat16."""
        return torch.bfloat16 if self.precision == "bfloat16" else like.dtype

    def rounded(self, weight: Tensor) -> Tensor:
        """`weight` in the type of the product."""
        dtype, state = self.product_type(weight), _state(weight)
        if weight.dtype == dtype:
            return weight.detach()
        if self._rounded is None or self._rounded[1].shape != weight.shape:
            self._rounded = (state, weight.detach().to(dtype))
        elif self._rounded[0] != state:
            # Into the memory of the one before.
            self._rounded = (state, self._rounded[1].copy_(weight.detach()))
        return self._rounded[1]

    def matmul(
        self, x: Tensor, weight: Tensor, *, transposed: bool = False, reuse: int = MANY
    ) -> Tensor:
        """`x @ weight.mT` or, transposed, `x @ weight`.

        Args:
            x: [M, N, F], or transposed [M, N, O], in the type of the product.
            weight: [M, O, F].
            transposed: which of the two.
            reuse: how many such products the same weight is for; if many, it is laid out once.

        Returns:
            [M, N, O], or transposed [M, N, F], in the type of the product.
        """
        if reuse < MANY or x.dtype != torch.bfloat16 or x.device.type != "cpu" or not _can_pack():
            rounded = self.rounded(weight)
            return product(x, rounded if transposed else rounded.mT)
        state = _state(weight)
        kept = self._packed.get(transposed)
        if kept is None or kept[0] != state:
            rounded = weight.detach().to(x.dtype)
            lay_out = torch.ops.mkldnn._reorder_linear_weight
            laid = [lay_out((one.t() if transposed else one).contiguous()) for one in rounded]
            kept = self._packed[transposed] = (state, laid)
        outputs = [_linear(part, one) for part, one in zip(x, kept[1], strict=True)]
        return outputs[0].unsqueeze(0) if len(outputs) == 1 else torch.stack(outputs)


@cache
def bfloat16_is_fast() -> bool:
    """Whether this processor multiplies matrices of bfloat16 faster than those of float32."""
    return (
        torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported")
        and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    )


@cache
def _can_pack() -> bool:
    """Whether this processor and this torch can lay weights of bfloat16 out beforehand."""
    return bfloat16_is_fast() and hasattr(torch.ops.mkldnn, "_reorder_linear_weight")


def _maker() -> str:
    """Who made the processor, as it calls itself, among other words about it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith("vendor_id")), "")


FLOAT32_BY_ONEDNN = (
    torch.backends.mkl.is_available()
    and torch.backends.mkldnn.is_available()
    and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    and "GenuineIntel" not in _maker()
)
"""Whether to multiply float32 by oneDNN, as torch does bfloat16.

torch leaves float32 to MKL, which on processors not made by Intel keeps to older instructions: an
AMD EPYC with AVX-512 reached 190 GFLOP/s by MKL and 400 by oneDNN."""


def product(a: Tensor, b: Tensor) -> Tensor:
    """[M, N, F] x [M, F, O] -> [M, N, O]."""
    if len(a) == 1:
        return plain_product(a[0], b[0]).unsqueeze(0)
    if _is_for_onednn(a):
        return torch.stack([by_onednn(one, other) for one, other in zip(a, b, strict=True)])
    return torch.bmm(a, b)


def plain_product(a: Tensor, b: Tensor) -> Tensor:
    """[N, F] x [F, O] -> [N, O]."""
    return by_onednn(a, b) if _is_for_onednn(a) else torch.mm(a, b)


def by_onednn(a: Tensor, b: Tensor) -> Tensor:
    """The same by oneDNN, whichever way either lies in memory; it has no derivative."""
    return _linear(a, b.t())


def _linear(x: Tensor, weight: Tensor) -> Tensor:
    """[N, F] x [O, F] -> [N, O], the weight laid out or not."""
    return cast(Tensor, torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], ""))


def _is_for_onednn(factor: Tensor) -> bool:
    kind = factor.dtype == torch.float32 and factor.device.type == "cpu"
    return kind and FLOAT32_BY_ONEDNN


def weight_gradient(into_outputs: Tensor, inputs: Tensor, dtype: torch.dtype) -> Tensor:
    """[M, O, N] x [M, N, F] -> [M, O, F], in `dtype`."""
    return product(into_outputs, inputs).to(dtype)


def affine(x: Tensor, weight: Tensor, bias: Tensor, factor: PackedWeight) -> Tensor:
    """`x @ weight.T + bias`: [N, F], [O, F], [O] -> [N, O], in the type of `x`."""
    return cast(Any, _Affine).apply(  # torch leaves its type out
        x, weight, bias, factor
    )


def _state(weight: Tensor) -> object:
    """What changes when the weight does."""
    return weight.data_ptr(), weight._version


class _Affine(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, factor: PackedWeight) -> Tensor:
        rounded = factor.rounded(weight)
        inputs = x.to(rounded.dtype)
        ctx.save_for_backward(inputs, weight)
        ctx.factor, ctx.dtype = factor, x.dtype
        return plain_product(inputs, rounded.t()) + bias

    @staticmethod
    def _backward(ctx: Any, into_outputs: Tensor) -> tuple[Tensor | None, ...]:
        inputs, weight = ctx.saved_tensors
        rounded = ctx.factor.rounded(weight)
        rough = into_outputs.to(rounded.dtype)
        needed = ctx.needs_input_grad[0]
        into_x = plain_product(rough, rounded).to(ctx.dtype) if needed else None
        if not ctx.needs_input_grad[1]:
            return into_x, None, None, None
        turned = packed(rough.t())
        into_weight = plain_product(turned, inputs).to(ctx.dtype)
        return into_x, into_weight, into_outputs.sum(0), None

    # Not differentiable twice; torch leaves the type of that decorator out.
    backward = cast(Any, staticmethod(once_differentiable(_backward)))


def packed(turned: Tensor) -> Tensor:
    """A transposed matrix as its product wants it: oneDNN is slow to read columns of bfloat16."""
    return turned.contiguous() if turned.dtype == torch.bfloat16 else turned
