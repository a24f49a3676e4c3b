"""The scan for CUDA devices against the plain one: with its kernels where there is such a device,
and everywhere with theirs computed by autograd."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from reverie.models import lstm_scan_cuda
from reverie.models.lstm import Lstm, Masks
from reverie.models.lstm_scan import scan
from reverie.models.lstm_scan_cuda import scan_cuda
from reverie.models.products import PackedWeight
from reverie.models.settings import Precision
from tests.models.test_lstm import close, gradients, made

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is here")


def stepped(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    write, forget, content, read = gates.chunk(4, dim=-1)
    cell = forget.sigmoid() * cell + write.sigmoid() * content.tanh()
    return read.sigmoid() * cell.tanh(), cell


def cell(added: Tensor, recurrent: Tensor, before: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    gates = added + recurrent
    hidden, after = stepped(gates, before)
    return hidden, after, gates


def into_cell(
    into_hidden: Tensor | None,
    into_after: Tensor | None,
    before: Tensor,
    after: Tensor,
    gates: Tensor,
    has_bias: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    assert not has_bias
    assert after.shape == before.shape
    with torch.enable_grad():
        inputs = [one.detach().requires_grad_() for one in (gates, before)]
        outputs = stepped(*inputs)
        into = [
            torch.zeros_like(one) if given is None else given
            for one, given in zip(outputs, (into_hidden, into_after), strict=True)
        ]
        into_gates, into_before = torch.autograd.grad(outputs, inputs, into)
    return into_gates, into_before, torch.empty(0)


def run(lstm: Lstm, x: Tensor, masks: Masks, *, by_cuda: bool) -> Tensor:
    weights = lstm.weight_input, lstm.weight_hidden, lstm.bias
    factors = PackedWeight(lstm.precision), PackedWeight(lstm.precision)
    return (scan_cuda if by_cuda else scan)(x, *weights, *masks, *factors)


def compare(data: st.DataObject, precision: Precision, tolerance: float, device: str) -> None:
    numbers = st.integers(1, 5)
    members, batch, steps, features, hidden = (data.draw(numbers) for _ in range(5))
    shared, dropped = data.draw(st.booleans()), data.draw(st.booleans())
    scale = 1 if precision == "float32" else 8
    dropout = 0.5 if dropped else 0.0
    lstm = made(features * scale, hidden * scale, dropout, precision, members).to(device)
    masks = lstm.masks(batch, torch.Generator(device).manual_seed(2))
    rng = torch.Generator().manual_seed(3)
    shape = 1 if shared else members, batch, steps, features * scale
    x = torch.randn(shape, generator=rng).to(device).requires_grad_()
    found, expected = (run(lstm, x, masks, by_cuda=one) for one in (True, False))
    close(found, expected, tolerance)
    for one, other in zip(gradients(lstm, found, x), gradients(lstm, expected, x), strict=True):
        close(one, other, tolerance)


KINDS = pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 2e-2)])


@KINDS
@given(data=st.data())
@settings(max_examples=40)
def test_it_equals_the_plain_scan(
    precision: Precision, tolerance: float, data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lstm_scan_cuda, "_cell", cell)
        patch.setattr(lstm_scan_cuda, "_into_cell", into_cell)
        compare(data, precision, tolerance, "cpu")


@needs_cuda
@KINDS
@given(data=st.data())
@settings(max_examples=40)
def test_its_kernels_equal_the_plain_scan(
    precision: Precision, tolerance: float, data: st.DataObject
) -> None:
    compare(data, precision, tolerance, "cuda")


@needs_cuda
def test_a_layer_on_a_cuda_device_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lstm = made().to("cuda")
    x = torch.randn(1, 2, 3, 5, device="cuda")
    expected = lstm(x, Masks(None, None))
    close(lstm.reference(x, Masks(None, None)), expected, 1e-5)
    monkeypatch.setattr("reverie.models.lstm.scan", None)
    assert torch.equal(lstm(x, Masks(None, None)), expected)
