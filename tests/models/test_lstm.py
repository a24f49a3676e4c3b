"""The engine against plain steps, torch's own LSTM, and finite differences."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from reverie.models.linear import dropout_mask
from reverie.models.lstm import Lstm, LstmState, Masks
from reverie.models.products import MANY
from reverie.models.settings import Precision


def made(
    features: int = 5,
    hidden: int = 7,
    dropout: float = 0.5,
    precision: Precision = "float32",
    members: int = 1,
) -> Lstm:
    rng = torch.Generator().manual_seed(1)
    return Lstm(
        features,
        hidden,
        input_dropout=dropout,
        hidden_dropout=dropout,
        precision=precision,
        members=members,
        rng=rng,
    )


def gradients(lstm: Lstm, output: Tensor, x: Tensor) -> tuple[Tensor, ...]:
    # All of one sign: a sum that cancels says nothing of relative error.
    weights = torch.linspace(0.5, 1.5, output.numel(), dtype=output.dtype).view_as(output)
    return torch.autograd.grad((output * weights).sum(), [x, *lstm.parameters()])


@st.composite
def cases(draw: st.DrawFn, scale: int) -> dict[str, int]:
    """Sizes of a layer and its input; steps short of and beyond where weights are laid out."""
    small = st.integers(1, 6)
    sizes = {name: draw(small) for name in ("batch", "features", "hidden", "members")}
    # Rounding is to be judged over many numbers; a single one may happen to be next to nothing.
    sizes |= {name: sizes[name] * scale for name in ("features", "hidden")}
    return {**sizes, "steps": draw(st.sampled_from([1, 2, 7, MANY, MANY + 3]))}


def close(found: Tensor, expected: Tensor, tolerance: float) -> None:
    """Within `tolerance` of the size of the whole."""
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    assert (found - expected).norm() <= tolerance * expected.norm() + 1e-7


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 2e-2)])
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("dropped", [False, True])
@given(data=st.data())
@settings(max_examples=20)
def test_scan_equals_reference(
    precision: Precision, tolerance: float, shared: bool, dropped: bool, data: st.DataObject
) -> None:
    sizes = data.draw(cases(scale=1 if precision == "float32" else 8))
    members, batch, steps, features = (
        sizes[name] for name in ("members", "batch", "steps", "features")
    )
    dropout = 0.5 if dropped else 0.0
    engine = made(features, sizes["hidden"], dropout, precision, members)
    plain = made(features, sizes["hidden"], dropout, "float32", members)
    masks = plain.masks(batch, torch.Generator().manual_seed(2))
    # Every second number of a wider tensor, and time before the batch: nothing lies in order.
    rng = torch.Generator().manual_seed(3)
    wide = torch.randn(1 if shared else members, steps, batch, 2 * features, generator=rng)
    x = wide[..., ::2].transpose(1, 2).requires_grad_()
    scanned, stepped = engine(x, masks), plain.reference(x, masks)
    close(scanned, stepped, tolerance)
    for a, b in zip(gradients(engine, scanned, x), gradients(plain, stepped, x), strict=True):
        close(a, b, tolerance)


def test_a_weight_that_changes_is_rounded_anew() -> None:
    lstm = made(6, 8, 0, "bfloat16")
    x, none = torch.randn(1, 2, MANY, 6), Masks(None, None)
    before = lstm(x, none)
    with torch.no_grad():
        lstm.weight_hidden.mul_(-1)
        lstm.weight_input.mul_(2)
    after = lstm(x, none)
    assert not torch.allclose(before, after, atol=0.05)
    close(after, lstm.reference(x, none), 2e-2)
    projected = lstm.project(x[:, :, 0])
    lstm.load_state_dict({name: one * 0.5 for name, one in lstm.state_dict().items()})
    assert not torch.allclose(projected, lstm.project(x[:, :, 0]), atol=0.01)
    copied = copy.deepcopy(lstm)
    assert torch.equal(copied(x, none), lstm(x, none))


# Torch's compiler makes the instance that torch's autograd warns of.
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
def test_it_compiles() -> None:
    lstm = made(dropout=0)
    x, none = torch.randn(1, 2, 4, 5), Masks(None, None)
    compiled = torch.compile(lstm, backend="aot_eager")
    torch.testing.assert_close(compiled(x, none), lstm(x, none))


def test_scan_passes_gradcheck() -> None:
    lstm = made(3, 4).double()
    masks = lstm.masks(2, torch.Generator().manual_seed(2))
    x = torch.randn(1, 2, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda value: lstm(value, masks), (x,))


def test_it_is_torchs_lstm() -> None:
    lstm = made(dropout=0).double()
    theirs = torch.nn.LSTM(5, 7, batch_first=True).double()
    weights = {
        "weight_ih_l0": lstm.weight_input[0],
        "weight_hh_l0": lstm.weight_hidden[0],
        "bias_ih_l0": lstm.bias[0],
        "bias_hh_l0": torch.zeros_like(lstm.bias[0]),
    }
    theirs.load_state_dict(weights)
    x = torch.randn(2, 11, 5, dtype=torch.float64)
    torch.testing.assert_close(lstm(x.unsqueeze(0), Masks(None, None))[0], theirs(x)[0])


def test_bfloat16_is_close_to_float32() -> None:
    plain, rounded = made(64, 32, 0.3), made(64, 32, 0.3, "bfloat16")
    x = torch.randn(1, 4, 20, 64, requires_grad=True)
    masks = plain.masks(4, torch.Generator().manual_seed(2))
    a, b = plain(x, masks), rounded(x, masks)
    assert (a - b).abs().max() < 0.05
    for full, rough in zip(gradients(plain, a, x), gradients(rounded, b, x), strict=True):
        assert rough.dtype == torch.float32
        assert torch.nn.functional.cosine_similarity(full.flatten(), rough.flatten(), dim=0) > 0.99


def test_masks_are_one_a_sequence_and_act() -> None:
    lstm = made(200, 300)
    masks = lstm.masks(4, torch.Generator().manual_seed(0))
    assert masks.inputs is not None
    assert masks.hidden is not None
    assert masks.inputs.shape == (1, 4, 200)
    assert masks.hidden.shape == (1, 4, 300)
    for mask in (masks.inputs, masks.hidden):
        assert set(mask.unique().tolist()) == {0.0, 2.0}
        assert 0.4 < (mask == 0).float().mean() < 0.6
        assert not torch.equal(mask[0, 0], mask[0, 1])
    # A dropped input feature leaves no trace at any step.
    x = torch.randn(1, 4, 6, 200)
    changed = x + (masks.inputs == 0).float().unsqueeze(2) * 100
    torch.testing.assert_close(lstm(x, masks), lstm(changed, masks))
    assert lstm.masks(4, None) == (None, None)


def test_no_dropout_draws_nothing() -> None:
    rng = torch.Generator().manual_seed(0)
    before = rng.get_state()
    assert dropout_mask((3, 3), 0.0, rng, torch.zeros(1)) is None
    assert torch.equal(rng.get_state(), before)


def test_a_step_broadcasts_one_frame_over_many_states() -> None:
    lstm = made(members=2)
    frame = torch.randn(2, 1, 5)
    state = LstmState(torch.randn(2, 2, 3, 7), torch.randn(2, 2, 3, 7))
    together = lstm.step(lstm.project(frame.unsqueeze(0)), state)
    for k in range(3):
        one = LstmState(state.hidden[:, :, k], state.cell[:, :, k])
        alone = lstm.step(lstm.project(frame[:, 0].unsqueeze(0)), one)
        torch.testing.assert_close(together.hidden[:, :, k], alone.hidden)
        torch.testing.assert_close(together.cell[:, :, k], alone.cell)


def test_initial_weights_follow_keras() -> None:
    lstm = made(50, 40)
    assert torch.equal(lstm.bias[0, 40:80], torch.ones(40))
    assert lstm.bias[0, :40].abs().sum() == lstm.bias[0, 80:].abs().sum() == 0
    for gate in lstm.weight_hidden[0].chunk(4):
        torch.testing.assert_close(gate @ gate.t(), torch.eye(40), atol=1e-5, rtol=0)
    bound = (6 / 90) ** 0.5
    assert 0.95 * bound < lstm.weight_input.abs().max() <= bound
