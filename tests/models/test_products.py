"""Products of matrices: whichever library makes them, the same numbers."""

import pytest
import torch
from torch import Tensor

from reverie.models import products
from reverie.models.products import PackedWeight, affine, by_onednn, product

SHAPES = [(1, 1, 1), (1, 7, 5), (3, 8, 1), (40, 33, 17), (64, 128, 96)]
needs_onednn = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="torch was built without oneDNN"
)


def drawn(*shape: int, turned: bool = False) -> Tensor:
    rng = torch.Generator().manual_seed(sum(shape))
    if turned:
        return torch.randn(*shape[:-2], shape[-1], shape[-2], generator=rng).mT
    return torch.randn(*shape, generator=rng)


@needs_onednn
@pytest.mark.parametrize("sizes", SHAPES)
@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True), (True, True)])
def test_onednn_multiplies_as_torch_does(
    sizes: tuple[int, int, int], turned: tuple[bool, bool]
) -> None:
    n, f, o = sizes
    a, b = drawn(n, f, turned=turned[0]), drawn(f, o, turned=turned[1])
    torch.testing.assert_close(by_onednn(a, b), a @ b, rtol=1e-5, atol=1e-5)
    # Every other row of a larger matrix.
    wide = drawn(2 * n, f)[::2]
    torch.testing.assert_close(by_onednn(wide, b), wide @ b, rtol=1e-5, atol=1e-5)


@needs_onednn
@pytest.mark.parametrize("members", [1, 3])
def test_a_product_is_the_same_by_either_library(
    members: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = drawn(members, 9, 20), drawn(members, 20, 6)
    found: list[Tensor] = []
    for onednn in (False, True):
        monkeypatch.setattr(products, "FLOAT32_BY_ONEDNN", onednn)
        found.append(product(a, b))
    torch.testing.assert_close(found[0], torch.bmm(a, b))
    torch.testing.assert_close(found[1], found[0], rtol=1e-5, atol=1e-5)


@needs_onednn
@pytest.mark.parametrize("onednn", [False, True])
def test_an_affine_map_has_its_gradients(onednn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "FLOAT32_BY_ONEDNN", onednn)
    x, weight, bias = (drawn(*shape).requires_grad_() for shape in ((7, 5), (6, 5), (6,)))
    affine(x, weight, bias, PackedWeight("float32")).square().sum().backward()
    found = [one.grad for one in (x, weight, bias)]
    for one in (x, weight, bias):
        one.grad = None
    torch.nn.functional.linear(x, weight, bias).square().sum().backward()
    for mine, theirs in zip(found, (x.grad, weight.grad, bias.grad), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4)


def test_other_types_are_left_to_torch() -> None:
    a, b = drawn(1, 4, 5).double(), drawn(1, 5, 3).double()
    assert product(a, b).dtype == torch.float64
    assert torch.equal(product(a, b), torch.bmm(a, b))
