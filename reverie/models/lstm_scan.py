"""Run an LSTM layer over whole sequences, with a hand-written backward pass.

Backpropagation through time (Werbos 1990) arranged for wide layers: the large products run once
for all steps, only the recurrence runs step by step, and gates are overwritten in place.
Letters as in `lstm.py`.
"""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from reverie.models.products import PackedWeight, packed, product, weight_gradient

# These write into an existing tensor; torch does not annotate their types.
_sigmoid_backward: Callable[..., Tensor] = torch.ops.aten.sigmoid_backward.grad_input
_tanh_backward: Callable[..., Tensor] = torch.ops.aten.tanh_backward.grad_input


def scan(
    x: Tensor,
    weight_input: Tensor,
    weight_hidden: Tensor,
    bias: Tensor,
    input_mask: Tensor | None,
    hidden_mask: Tensor | None,
    input_packed: PackedWeight,
    hidden_packed: PackedWeight,
) -> Tensor:
    """Compute hidden states from the zero state: [1 or M, B, T, F] -> [M, B, T, H], typed as `x`.

    Args:
        x: [M, B, T, F], or [1, B, T, F] shared by all members.
        weight_input: [M, 4H, F].
        weight_hidden: [M, 4H, H].
        bias: [M, 4H].
        input_mask: [M, B, F], multiplies the input at each step.
        hidden_mask: [M, B, H], multiplies the hidden state before each recurrent product.
        input_packed: cache for the products with `weight_input`.
        hidden_packed: cache for the products with `weight_hidden`; the cell state is never rounded.
    """
    return cast(Any, _Scan).apply(  # torch does not annotate its type
        x, weight_input, weight_hidden, bias, input_mask, hidden_mask, input_packed, hidden_packed
    )


def tanh_(x: Tensor) -> Tensor:
    """Take the hyperbolic tangent in place, as 2 sigmoid(2x) - 1.

    On processors torch's own takes several times as long, to be exact for tiny numbers too.
    """
    return x.mul_(2).sigmoid_().mul_(2).sub_(1)


class _Scan(Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight_input: Tensor,
        weight_hidden: Tensor,
        bias: Tensor,
        input_mask: Tensor | None,
        hidden_mask: Tensor | None,
        input_packed: PackedWeight,
        hidden_packed: PackedWeight,
    ) -> Tensor:
        members, _, width = weight_hidden.shape
        _, batch, steps, _ = x.shape
        dtype = hidden_packed.product_type(x)
        inputs, projected = project_inputs(x, weight_input, input_mask, input_packed)
        gates = projected if dtype == x.dtype else torch.empty_like(projected, dtype=x.dtype)

        cells = x.new_zeros(members, steps + 1, batch, width)
        outputs = x.new_empty(members, steps, batch, width)
        squashed = torch.empty_like(outputs)
        # Inputs of the recurrent product: the previous step's hidden state, masked and rounded.
        entering = x.new_zeros(members, steps, batch, width, dtype=dtype)
        for t in range(steps):
            before = projected[:, t]
            if t:
                put_masked(outputs[:, t - 1], hidden_mask, entering[:, t])
                before = hidden_packed.matmul(
                    entering[:, t], weight_hidden, added=before, reuse=steps
                )
            torch.add(before, bias.unsqueeze(1), out=gates[:, t])
            write, forget, content, read = gates[:, t].chunk(4, dim=-1)
            gates[:, t, :, : 2 * width].sigmoid_()
            tanh_(content)
            read.sigmoid_()
            cell = torch.mul(forget, cells[:, t], out=cells[:, t + 1])
            cell.addcmul_(write, content)
            torch.mul(read, tanh_(squashed[:, t].copy_(cell)), out=outputs[:, t])
        weights, masks = (weight_input, weight_hidden, bias), (input_mask, hidden_mask)
        ctx.save_for_backward(*weights, *masks, inputs, gates, cells, squashed, entering)
        ctx.factors, ctx.dtype, ctx.shared = (input_packed, hidden_packed), dtype, x.shape[0] == 1
        return outputs.transpose(1, 2)

    @staticmethod
    def _backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        _, weight_hidden, _, _, hidden_mask = ctx.saved_tensors[:5]
        inputs, gates, cells, squashed, entering = ctx.saved_tensors[5:]
        _, hidden_packed = ctx.factors
        members, steps, batch, four_widths = gates.shape
        width = four_widths // 4
        into_outputs = grad_outputs[0].transpose(1, 2)
        into_gates = torch.empty_like(gates, dtype=ctx.dtype)
        into_cell = gates.new_zeros(members, batch, width)
        into_hidden = gates.new_zeros(members, batch, width)
        through = torch.empty_like(into_cell)
        step = gates.new_empty(members, batch, four_widths)
        into_write, into_forget, into_content, into_read = step.chunk(4, dim=-1)
        # The saved gates are activated; their derivatives need nothing else.
        for t in reversed(range(steps)):
            write, forget, content, read = gates[:, t].chunk(4, dim=-1)
            into_hidden += into_outputs[:, t]
            torch.mul(into_hidden, squashed[:, t], out=into_read)
            torch.mul(into_hidden, read, out=through)
            into_cell += _tanh_backward(through, squashed[:, t], grad_input=through)
            torch.mul(into_cell, content, out=into_write)
            torch.mul(into_cell, cells[:, t], out=into_forget)
            torch.mul(into_cell, write, out=into_content)
            both = step[..., : 2 * width]
            _sigmoid_backward(both, gates[:, t, :, : 2 * width], grad_input=both)
            _tanh_backward(into_content, content, grad_input=into_content)
            _sigmoid_backward(into_read, read, grad_input=into_read)
            into_gates[:, t] = step
            if not t:
                break
            into_cell *= forget
            into_entering = hidden_packed.matmul(
                into_gates[:, t], weight_hidden, transposed=True, reuse=steps
            )
            put_masked(into_entering, hidden_mask, into_hidden)
        return into_arguments(ctx, into_gates, inputs, entering)

    # It has no second derivative; torch does not annotate the decorator's type.
    backward = cast(Any, staticmethod(once_differentiable(_backward)))


def project_inputs(
    x: Tensor, weight_input: Tensor, input_mask: Tensor | None, input_packed: PackedWeight
) -> tuple[Tensor, Tensor]:
    """Compute the input product of all steps at once, in the type of the product.

    Returns:
        the masked and rounded inputs [M, T, B, F], and their product [M, T, B, 4H].
    """
    members = len(weight_input)
    _, batch, steps, features = x.shape
    inputs = x.new_empty(members, steps, batch, features, dtype=input_packed.product_type(x))
    mask = None if input_mask is None else input_mask.unsqueeze(1)
    put_masked(x.transpose(1, 2), mask, inputs)
    projected = product(inputs.flatten(1, 2), input_packed.rounded(weight_input).mT)
    return inputs, projected.view(members, steps, batch, -1)


def put_masked(x: Tensor, mask: Tensor | None, out: Tensor) -> None:
    """Write `x` into `out`, which may be of another type, times `mask` if there is one."""
    if mask is None:
        out.copy_(x)
    else:
        torch.mul(x, mask, out=out)


def into_arguments(
    ctx: Any, into_gates: Tensor, inputs: Tensor, entering: Tensor
) -> tuple[Tensor | None, ...]:
    """Compute the gradients of the arguments of a scan from that of the gates, by one large product
    each.

    Args:
        ctx: of the scan's function: `factors` are its packed weights, `shared` says whether all
            members had the same inputs, and the first it saved are weights and masks.
        into_gates: [M, T, B, 4H], in the type of the product.
        inputs: [M, T, B, F], of the input product.
        entering: [M, T, B, H], of the recurrent products.
    """
    weight_input, _, bias, input_mask, _ = ctx.saved_tensors[:5]
    flat = into_gates.flatten(1, 2)
    into_x = None
    if ctx.needs_input_grad[0]:
        into_x = product(flat, ctx.factors[0].rounded(weight_input)).view(inputs.shape)
        into_x = into_x.to(bias.dtype)
        if input_mask is not None:
            into_x = into_x * input_mask.unsqueeze(1)
        if ctx.shared:
            into_x = into_x.sum(0, keepdim=True)
        into_x = into_x.transpose(1, 2)
    turned = packed(flat.mT)
    return (
        into_x,
        weight_gradient(turned, inputs.flatten(1, 2), bias.dtype),
        weight_gradient(turned, entering.flatten(1, 2), bias.dtype),
        flat.sum(1, dtype=bias.dtype),
        *(None,) * 4,
    )
