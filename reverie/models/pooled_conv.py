"""Convolution, max-pooling and ReLU of small kernels, as products of one matrix.

A convolution of few taps is bound by memory: its maps are many times as large as its input, and
pooling keeps a fraction of them. Here the maps of a few images at a time are made, pooled and
forgotten, and made again in the backward pass.
Letters: I images, C channels, R rows, N columns, F filters, J pooled columns, P positions that
are pooled into one.
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
"""Of maps at a time: what a core's own cache holds."""
DEVICE_BYTES = 256 << 20
"""The same on a GPU, where every part is more kernels to start."""


def pooled_conv(images: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """ReLU of what `conv2d` and `max_pool2d` give: [I, C, R, N] -> [I, F, J], J = N // 2.

    Rows are padded with zeros so that as many remain (one too many of an even kernel, which is
    left out), columns likewise; pooling takes all rows and pairs of columns together.

    Args:
        images: [I, C, R, N].
        weight: [F, C, kernel rows, 3].
        bias: [F].
    """
    return cast(Any, _PooledConv).apply(  # torch leaves its type out
        images, _as_matrix(weight, images.shape[2]), bias
    )


def _as_matrix(weight: Tensor, rows: int) -> Tensor:
    """[F, C, kernel rows, 3] -> [P * F, C * R * 4]: all filters at all positions of a patch."""
    filters, _, kernel_rows, _ = weight.shape
    positions: list[Tensor] = []
    for row in range(rows):
        top = row - kernel_rows // 2
        for left in range(POOL_COLUMNS):
            # The kernel as it lies over the patch; negative padding cuts what hangs over an edge.
            right = PATCH_COLUMNS - KERNEL_COLUMNS - left
            padding = (left, right, top, rows - kernel_rows - top)
            positions.append(functional.pad(weight, padding).reshape(filters, -1))
    return torch.cat(positions)


def _patches(images: Tensor) -> Tensor:
    """[I, C, R, N] -> [C * R * 4, I * J]: what each pooled value sees, a column each."""
    windows = functional.pad(images, (1, 1)).unfold(-1, PATCH_COLUMNS, POOL_COLUMNS)
    return windows.permute(1, 2, 4, 0, 3).flatten(3).flatten(0, 2)


def _add_patches(images: Tensor, patches: Tensor) -> None:
    """Add to images [I, C, R, N] what `_patches` took from them: its transpose."""
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
    """[P, F, I * J] -> [F, I * J]: over the positions."""
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
            # The first position that holds the greatest value gets all of the gradient.
            for position in maps:
                torch.mul(position == most, left, out=position)
                left -= position
            into_matrix.addmm_(maps.flatten(0, 1), patches.t())
            if into_images is not None:
                _add_patches(into_images[part], matrix.t() @ maps.flatten(0, 1))
        return into_images, into_matrix, into_bias

    # Not differentiable twice; torch leaves the type of that decorator out.
    backward = cast(Any, staticmethod(once_differentiable(_backward)))
