"""An LSTM layer over whole sequences, with its own backward pass.

Backpropagation through time (Werbos 1990) laid out for wide layers: the large products run once
for all steps, only the recurrence is stepwise, and gates are overwritten in place.
Letters as in `lstm.py`.
"""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from reverie.models.linear import Precision


def scan(
    x: Tensor,
    weight_input: Tensor,
    weight_hidden: Tensor,
    bias: Tensor,
    hidden_mask: Tensor | None,
    precision: Precision,
) -> Tensor:
    """Hidden states from the zero state on: [B, T, F] -> [B, T, H], in the type of `x`.

    Args:
        x: [B, T, F].
        weight_input: [4H, F].
        weight_hidden: [4H, H].
        bias: [4H].
        hidden_mask: [B, H], multiplies the hidden state before each recurrent product.
        precision: of the products; the cell state is never rounded.
    """
    product = torch.bfloat16 if precision == "bfloat16" else x.dtype
    apply: Callable[..., Tensor] = cast(Any, _Scan).apply  # torch leaves its type out
    return apply(x, weight_input, weight_hidden, bias, hidden_mask, product)


def _backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
    inputs, weight_input, weight_hidden, mask, gates, cells, squashed, entering = ctx.saved_tensors
    product: torch.dtype = ctx.product
    into_outputs = grad_outputs[0].transpose(0, 1)
    steps, batch, four_widths = gates.shape
    width = four_widths // 4
    recurrent = weight_hidden.to(product)
    into_gates = torch.empty(steps, batch, four_widths, dtype=product, device=gates.device)
    into_cell = gates.new_zeros(batch, width)
    into_hidden = gates.new_zeros(batch, width)
    # The gates are saved activated, so sigmoid' = s(1 - s) and tanh' = 1 - t².
    for t in reversed(range(steps)):
        write, forget, content, read = gates[t].chunk(4, dim=-1)
        into_hidden = into_hidden + into_outputs[t]
        into_cell.addcmul_(into_hidden * read, 1 - squashed[t].square())
        step = into_gates[t]
        step[:, :width] = into_cell * content * write * (1 - write)
        step[:, width : 2 * width] = into_cell * cells[t] * forget * (1 - forget)
        step[:, 2 * width : 3 * width] = into_cell * write * (1 - content.square())
        step[:, 3 * width :] = into_hidden * squashed[t] * read * (1 - read)
        into_cell.mul_(forget)
        into_hidden = (step @ recurrent).to(gates.dtype)
        if mask is not None:
            into_hidden.mul_(mask)
    flat = into_gates.flatten(0, 1)
    into_x = None
    if ctx.needs_input_grad[0]:
        into_x = (flat @ weight_input.to(product)).to(gates.dtype)
        into_x = into_x.view(steps, batch, -1).transpose(0, 1)
    into_weight_input = (flat.t() @ inputs.flatten(0, 1)).to(weight_input.dtype)
    into_weight_hidden = (flat.t() @ entering.flatten(0, 1)).to(weight_hidden.dtype)
    into_bias = flat.sum(0, dtype=gates.dtype)
    return into_x, into_weight_input, into_weight_hidden, into_bias, None, None


class _Scan(Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight_input: Tensor,
        weight_hidden: Tensor,
        bias: Tensor,
        mask: Tensor | None,
        product: torch.dtype,
    ) -> Tensor:
        batch, steps, _ = x.shape
        width = weight_hidden.shape[1]
        inputs = x.transpose(0, 1).to(product).contiguous()
        recurrent = weight_hidden.to(product)
        gates = (inputs.flatten(0, 1) @ weight_input.to(product).t()).to(x.dtype)
        gates = gates.add_(bias).view(steps, batch, 4 * width)
        cells = x.new_zeros(steps + 1, batch, width)
        squashed = x.new_empty(steps, batch, width)
        outputs = x.new_empty(steps, batch, width)
        # What enters the recurrent product: the masked, rounded hidden state of the step before.
        entering = torch.zeros(steps, batch, width, dtype=product, device=x.device)
        for t in range(steps):
            if t:
                hidden = outputs[t - 1] if mask is None else outputs[t - 1] * mask
                entering[t] = hidden
                gates[t] += entering[t] @ recurrent.t()
            write, forget, content, read = gates[t].chunk(4, dim=-1)
            gates[t, :, : 2 * width].sigmoid_()
            content.tanh_()
            read.sigmoid_()
            torch.mul(forget, cells[t], out=cells[t + 1]).addcmul_(write, content)
            torch.tanh(cells[t + 1], out=squashed[t])
            torch.mul(read, squashed[t], out=outputs[t])
        ctx.save_for_backward(
            inputs, weight_input, weight_hidden, mask, gates, cells, squashed, entering
        )
        ctx.product = product
        return outputs.transpose(0, 1)

    # Not differentiable twice; torch leaves the type of that decorator out.
    backward = cast(Any, staticmethod(once_differentiable(_backward)))
