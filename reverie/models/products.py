"""Multiply matrices in a chosen precision; round and pack each weight once until it changes.

A product in bfloat16 first rounds its float32 weight, and oneDNN packs the weight anew inside every
product. Both costs are small beside a large product and dominate a small one, so the rounded and
packed copies are cached until the weight changes.
Letters: M members, N rows, F features in, O outputs.
"""

import platform
from functools import cache
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from reverie.models.settings import Precision

MANY = 16
"""From this many products on, packing a weight saves more time than it costs."""


class PackedWeight:
    """Cache a weight [M, O, F] in the form that its products need: rounded, and packed.

    Args:
        precision: of the product; `float32` takes weights in the type they have.
    """

    def __init__(self, precision: Precision) -> None:
        self.precision: Precision = precision
        self._rounded: tuple[object, Tensor] | None = None
        self._packed: dict[bool, tuple[object, list[Tensor]]] = {}

    def __deepcopy__(self, memo: object) -> "PackedWeight":
        """Copy without the cache, which can be rebuilt."""
        return PackedWeight(self.precision)

    def product_type(self, like: Tensor) -> torch.dtype:
        """Return the type in which a product is computed: that of `like`, or bfloat16."""
        return torch.bfloat16 if self.precision == "bfloat16" else like.dtype

    def rounded(self, weight: Tensor) -> Tensor:
        """Return `weight` in the type of the product, from the cache if it has not changed."""
        dtype, state = self.product_type(weight), _state(weight)
        if weight.dtype == dtype:
            return weight.detach()
        if self._rounded is None or self._rounded[1].shape != weight.shape:
            self._rounded = (state, weight.detach().to(dtype))
        elif self._rounded[0] != state:
            # Reuse the memory of the previous copy.
            self._rounded = (state, self._rounded[1].copy_(weight.detach()))
        return self._rounded[1]

    def matmul(
        self,
        x: Tensor,
        weight: Tensor,
        *,
        transposed: bool = False,
        added: Tensor | None = None,
        reuse: int = MANY,
    ) -> Tensor:
        """Multiply `x @ weight.mT`, or `x @ weight` if `transposed`.

        Args:
            x: [M, N, F], or transposed [M, N, O], in the type of the product.
            weight: [M, O, F].
            transposed: multiply by `weight` itself instead of its transpose.
            added: to the product, in its shape and type.
            reuse: how many products will use this weight; from `MANY` on it is packed once.

        Returns:
            [M, N, O], or transposed [M, N, F], in the type of the product.
        """
        if reuse < MANY or x.dtype != torch.bfloat16 or x.device.type != "cpu" or not _can_pack():
            rounded = self.rounded(weight)
            found = product(x, rounded if transposed else rounded.mT)
            return found if added is None else found.add_(added)
        state = _state(weight)
        kept = self._packed.get(transposed)
        if kept is None or kept[0] != state:
            rounded = weight.detach().to(x.dtype)
            pack = torch.ops.mkldnn._reorder_linear_weight
            weights = [pack((one.t() if transposed else one).contiguous()) for one in rounded]
            kept = self._packed[transposed] = (state, weights)
        if added is None:
            outputs = [_linear(part, one) for part, one in zip(x, kept[1], strict=True)]
        else:
            places = zip(x, added, kept[1], strict=True)
            outputs = [_linear_added(part, to, one) for part, to, one in places]
        return outputs[0].unsqueeze(0) if len(outputs) == 1 else torch.stack(outputs)


@cache
def bfloat16_is_fast() -> bool:
    """Return whether this processor multiplies bfloat16 matrices faster than float32 ones."""
    return (
        torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported")
        and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    )


@cache
def _can_pack() -> bool:
    """Return whether this processor and this torch can pack bfloat16 weights in advance."""
    return bfloat16_is_fast() and hasattr(torch.ops.mkldnn, "_reorder_linear_weight")


def _cpu_vendor() -> str:
    """Return the line of /proc/cpuinfo that names the vendor, or what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith("vendor_id")), "")


FLOAT32_BY_ONEDNN = (
    torch.backends.mkl.is_available()
    and torch.backends.mkldnn.is_available()
    and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    and "GenuineIntel" not in _cpu_vendor()
)
"""Whether to multiply float32 matrices with oneDNN, as torch does for bfloat16.

torch uses MKL for float32, and MKL uses older instructions on processors of other vendors than
Intel: an AMD EPYC with AVX-512 reached 190 GFLOP/s with MKL and 400 with oneDNN."""


def product(a: Tensor, b: Tensor) -> Tensor:
    """Multiply batches of matrices: [M, N, F] x [M, F, O] -> [M, N, O]."""
    if len(a) == 1:
        return plain_product(a[0], b[0]).unsqueeze(0)
    if _is_for_onednn(a):
        return torch.stack([by_onednn(first, second) for first, second in zip(a, b, strict=True)])
    return torch.bmm(a, b)


def plain_product(a: Tensor, b: Tensor) -> Tensor:
    """Multiply two matrices: [N, F] x [F, O] -> [N, O]."""
    return by_onednn(a, b) if _is_for_onednn(a) else torch.mm(a, b)


def by_onednn(a: Tensor, b: Tensor) -> Tensor:
    """Multiply two matrices of any memory layout with oneDNN; autograd cannot differentiate it."""
    return _linear(a, b.t())


def _linear(x: Tensor, weight: Tensor) -> Tensor:
    """Multiply [N, F] x [O, F] -> [N, O]; the weight may be packed."""
    return cast(Tensor, torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], ""))


def _linear_added(x: Tensor, added: Tensor, weight: Tensor) -> Tensor:
    """Multiply as `_linear`, and add [N, O] before the result is rounded."""
    fused = torch.ops.mkldnn._linear_pointwise.binary
    return cast(Tensor, fused(x, added, weight, None, "add"))


def _is_for_onednn(factor: Tensor) -> bool:
    kind = factor.dtype == torch.float32 and factor.device.type == "cpu"
    return kind and FLOAT32_BY_ONEDNN


def weight_gradient(into_outputs: Tensor, inputs: Tensor, dtype: torch.dtype) -> Tensor:
    """Compute a weight's gradient: [M, O, N] x [M, N, F] -> [M, O, F], in `dtype`."""
    return product(into_outputs, inputs).to(dtype)


def affine(x: Tensor, weight: Tensor, bias: Tensor, factor: PackedWeight) -> Tensor:
    """Compute `x @ weight.T + bias`: [N, F], [O, F], [O] -> [N, O], in the type of `x`."""
    return cast(Any, _Affine).apply(  # torch does not annotate its type
        x, weight, bias, factor
    )


def _state(weight: Tensor) -> object:
    """Return a key that changes whenever the weight does."""
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

    # It has no second derivative; torch does not annotate the decorator's type.
    backward = cast(Any, staticmethod(once_differentiable(_backward)))


def packed(turned: Tensor) -> Tensor:
    """Copy a transposed bfloat16 matrix into rows: oneDNN reads bfloat16 columns slowly."""
    return turned.contiguous() if turned.dtype == torch.bfloat16 else turned
