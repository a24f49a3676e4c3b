"""Convolve with small kernels, max-pool and apply ReLU, as products with one matrix.

A convolution with few taps is limited by memory bandwidth: its feature maps are many times larger
than its input, and pooling keeps a fraction of them. So this module computes, pools and discards
the maps of a few images at a time, and recomputes them in the backward pass.
Letters: I images, C channels, R rows, N columns, F filters, J pooled columns, P positions in one
pooling window.
"""

from collections.abc import Callable, Iterator
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

threshold_backward: Callable[[Tensor, Tensor, float], Tensor] = torch.ops.aten.threshold_backward

KERNEL_COLUMNS = 3
POOL_COLUMNS = 2
PATCH_COLUMNS = KERNEL_COLUMNS + POOL_COLUMNS - 1
CACHE_BYTES = 2 << 20
"""Size of the maps computed at a time: what fits in the cache of one processor core."""
DEVICE_BYTES = 256 << 20
"""The same on a GPU, where each part costs further kernel launches."""


def pooled_conv(images: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Compute ReLU of `max_pool2d` of `conv2d`: [I, C, R, N] -> [I, F, J], J = N // 2.

    Zero padding keeps the number of rows and columns (an even kernel would give one row more, which
    is left out); pooling covers all rows and pairs of columns.

    Args:
        images: [I, C, R, N].
        weight: [F, C, kernel rows, 3].
        bias: [F].
    """
    return cast(Any, _PooledConv).apply(  # torch does not annotate its type
        images, _as_matrix(weight, images.shape[2]), bias
    )


def _as_matrix(weight: Tensor, rows: int) -> Tensor:
    """Place each filter at each position of a patch: [F, C, rows, 3] -> [P * F, C * R * 4]."""
    filters, _, kernel_rows, _ = weight.shape
    positions: list[Tensor] = []
    for row in range(rows):
        top = row - kernel_rows // 2
        for left in range(POOL_COLUMNS):
            # Place the kernel in the patch; negative padding cuts off what exceeds an edge.
            right = PATCH_COLUMNS - KERNEL_COLUMNS - left
            padding = (left, right, top, rows - kernel_rows - top)
            positions.append(functional.pad(weight, padding).reshape(filters, -1))
    return torch.cat(positions)


def _patches(images: Tensor) -> Tensor:
    """Gather the receptive field of each pooled value: [I, C, R, N] -> [C * R * 4, I * J]."""
    windows = functional.pad(images, (1, 1)).unfold(-1, PATCH_COLUMNS, POOL_COLUMNS)
    return windows.permute(1, 2, 4, 0, 3).flatten(3).flatten(0, 2)


def _add_patches(images: Tensor, patches: Tensor) -> None:
    """Add patches back to images [I, C, R, N]: the transpose of `_patches`."""
    count, channels, rows, columns = images.shape
    cells = patches.view(channels, rows, PATCH_COLUMNS, count, -1).permute(3, 0, 1, 2, 4)
    padded = images.new_zeros(count, channels, rows, columns + 2)
    for offset in range(PATCH_COLUMNS):
        stop = offset + POOL_COLUMNS * cells.shape[-1]
        padded[..., offset:stop:POOL_COLUMNS] += cells[..., offset, :]
    images += padded[..., 1:-1]


def _parts(images: Tensor, matrix: Tensor) -> Iterator[slice]:
    each_bytes = images.shape[-1] // POOL_COLUMNS * matrix.shape[0] * images.element_size()
    most = CACHE_BYTES if images.device.type == "cpu" else DEVICE_BYTES
    each = max(1, most // max(1, each_bytes))
    for first in range(0, images.shape[0], each):
        yield slice(first, first + each)


def _greatest(maps: Tensor) -> Tensor:
    """Return the maximum over the positions: [P, F, I * J] -> [F, I * J]."""
    most = torch.maximum(maps[0], maps[1])
    for position in maps[2:]:
        torch.maximum(most, position, out=most)
    return most


class _PooledConv(Function):
    @staticmethod
    def forward(ctx: Any, images: Tensor, matrix: Tensor, bias: Tensor) -> Tensor:
        filters = bias.shape[0]
        pooled = images.new_empty(images.shape[0], filters, images.shape[-1] // POOL_COLUMNS)
        for part in _parts(images, matrix):
            maps = (matrix @ _patches(images[part])).view(-1, filters, *pooled[part].shape[::2])
            most = _greatest(maps)
            torch.add(most.transpose(0, 1), bias[:, None], out=pooled[part])
        ctx.save_for_backward(images, matrix, pooled.relu_())
        return pooled

    @staticmethod
    def _backward(ctx: Any, into_pooled: Tensor) -> tuple[Tensor | None, ...]:
        images, matrix, pooled = ctx.saved_tensors
        filters = pooled.shape[1]
        into_images = torch.zeros_like(images) if ctx.needs_input_grad[0] else None
        into_matrix = torch.zeros_like(matrix)
        into_bias = matrix.new_zeros(filters)
        for part in _parts(images, matrix):
            patches = _patches(images[part])
            maps = (matrix @ patches).view(-1, filters, patches.shape[1])
            most = _greatest(maps)
            left = threshold_backward(into_pooled[part], pooled[part], 0)
            left = left.transpose(0, 1).reshape(filters, -1)
            into_bias += left.sum(1)
            # The first position with the maximum receives the whole gradient.
            for position in maps:
                torch.mul(position == most, left, out=position)
                left -= position
            into_matrix.addmm_(maps.flatten(0, 1), patches.t())
            if into_images is not None:
                _add_patches(into_images[part], matrix.t() @ maps.flatten(0, 1))
        return into_images, into_matrix, into_bias

    # It has no second derivative; torch does not annotate the decorator's type.
    backward = cast(Any, staticmethod(once_differentiable(_backward)))
