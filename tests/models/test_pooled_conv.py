"""The pooled convolution against torch's convolution and pooling."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from reverie.models import pooled_conv as module
from reverie.models.pooled_conv import pooled_conv


def plain(images: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    edges = (weight.shape[2] // 2, 1)
    maps = functional.conv2d(images, weight, bias, padding=edges)
    return functional.max_pool2d(maps, (images.shape[2], 2)).relu().squeeze(2)


@given(
    count=st.integers(1, 9),
    channels=st.integers(1, 3),
    rows=st.integers(1, 4),
    columns=st.integers(2, 13),
    filters=st.integers(1, 5),
    one_row=st.booleans(),
)
@settings(max_examples=40)
def test_it_is_convolution_pooling_and_relu(
    count: int, channels: int, rows: int, columns: int, filters: int, one_row: bool
) -> None:
    rng = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=rng).requires_grad_()

    images, bias = drawn(count, channels, rows, columns), drawn(filters)
    weight = drawn(filters, channels, 1 if one_row else rows, 3)
    found, expected = (way(images, weight, bias) for way in (pooled_conv, plain))
    torch.testing.assert_close(found, expected)
    into = torch.randn(found.shape, dtype=torch.float64, generator=rng)
    for a, b in zip(
        torch.autograd.grad((found * into).sum(), (images, weight, bias)),
        torch.autograd.grad((expected * into).sum(), (images, weight, bias)),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


def test_silence_has_no_gradient_twice() -> None:
    # All positions hold the same value; the first alone is pooled, as in torch.
    images, bias = torch.zeros(2, 1, 2, 6), torch.ones(3, requires_grad=True)
    weight = torch.randn(3, 1, 1, 3)
    (found,) = torch.autograd.grad(pooled_conv(images, weight, bias).sum(), bias)
    assert found.tolist() == [6.0] * 3


def test_parts_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    images, weight = torch.randn(7, 2, 3, 20), torch.randn(4, 2, 3, 3, requires_grad=True)
    bias = torch.zeros(4)
    whole = pooled_conv(images, weight, bias)
    monkeypatch.setattr(module, "CACHE_BYTES", 1)
    parts = pooled_conv(images, weight, bias)
    torch.testing.assert_close(whole, parts)
    torch.testing.assert_close(
        torch.autograd.grad(whole.sum(), weight), torch.autograd.grad(parts.sum(), weight)
    )
