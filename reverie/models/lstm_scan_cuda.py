"""Run an LSTM layer over whole sequences on a CUDA device, where the number of kernels is the cost.

What `lstm_scan.py` computes, with torch's own kernels for all of a step that is not a product: one
forward and one backward. Letters as in `lstm.py`.
"""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from reverie.models.lstm_scan import into_arguments, project_inputs, put_masked
from reverie.models.products import PackedWeight, product

# Gates in the order input, forget, cell, output, as here. torch does not annotate their types.
_cell: Callable[..., tuple[Tensor, Tensor, Tensor]] = torch.ops.aten._thnn_fused_lstm_cell.default
_into_cell: Callable[..., tuple[Tensor, Tensor, Tensor]] = (
    torch.ops.aten._thnn_fused_lstm_cell_backward_impl.default
)


def scan_cuda(
    x: Tensor,
    weight_input: Tensor,
    weight_hidden: Tensor,
    bias: Tensor,
    input_mask: Tensor | None,
    hidden_mask: Tensor | None,
    input_packed: PackedWeight,
    hidden_packed: PackedWeight,
) -> Tensor:
    """Compute hidden states from the zero state: [1 or M, B, T, F] -> [M, B, T, H]; see `scan`."""
    return cast(Any, _Scan).apply(  # torch does not annotate its type
        x, weight_input, weight_hidden, bias, input_mask, hidden_mask, input_packed, hidden_packed
    )


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
        added = projected.to(x.dtype) + bias.view(members, 1, 1, -1)
        # The members of all sequences are the rows of a step's kernel: [T, M * B, 4H].
        added = added.transpose(0, 1).flatten(1, 2)
        around = hidden_packed.rounded(weight_hidden).mT
        entering = x.new_zeros(members, steps, batch, width, dtype=dtype)
        recurrent, cell = torch.zeros_like(added[0]), x.new_zeros(members * batch, width)
        outputs: list[Tensor] = []
        cells, gates = [cell], list[Tensor]()
        for t in range(steps):
            if t:
                before = outputs[-1].view(members, batch, width)
                put_masked(before, hidden_mask, entering[:, t])
                recurrent = product(entering[:, t], around).flatten(0, 1).to(x.dtype)
            output, cell, activated = _cell(added[t], recurrent, cell)
            outputs.append(output)
            cells.append(cell)
            gates.append(activated)
        weights, masks = (weight_input, weight_hidden, bias), (input_mask, hidden_mask)
        ctx.save_for_backward(*weights, *masks, inputs, entering, *cells, *gates)
        ctx.factors, ctx.dtype, ctx.shared = (input_packed, hidden_packed), dtype, x.shape[0] == 1
        return torch.stack(outputs).view(steps, members, batch, width).permute(1, 2, 0, 3)

    @staticmethod
    def _backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        _, weight_hidden, bias, _, hidden_mask = ctx.saved_tensors[:5]
        inputs, entering, *rest = ctx.saved_tensors[5:]
        members, steps, batch, width = entering.shape
        cells, gates = rest[: steps + 1], rest[steps + 1 :]
        into_outputs = grad_outputs[0].permute(2, 0, 1, 3).flatten(1, 2).contiguous()
        around = ctx.factors[1].rounded(weight_hidden)
        into_gates = entering.new_empty(members, steps, batch, 4 * width)
        into_hidden, into_cell = into_outputs[-1], None
        for t in reversed(range(steps)):
            into_step, into_cell, _ = _into_cell(
                into_hidden, into_cell, cells[t], cells[t + 1], gates[t], False
            )
            into_gates[:, t] = into_step.view(members, batch, -1)
            if not t:
                break
            found = product(into_gates[:, t], around)
            found = found.to(bias.dtype) if hidden_mask is None else found * hidden_mask
            into_hidden = into_outputs[t - 1] + found.flatten(0, 1)
        return into_arguments(ctx, into_gates, inputs, entering)

    # It has no second derivative; torch does not annotate the decorator's type.
    backward = cast(Any, staticmethod(once_differentiable(_backward)))
