"""The engine against plain steps, torch's own LSTM, and finite differences."""

import pytest
import torch
from torch import Tensor

from reverie.models.linear import dropout_mask
from reverie.models.lstm import Lstm, LstmState, Masks


def made(
    features: int = 5, hidden: int = 7, dropout: float = 0.5, precision: str = "float32"
) -> Lstm:
    rng = torch.Generator().manual_seed(1)
    return Lstm(
        features,
        hidden,
        input_dropout=dropout,
        hidden_dropout=dropout,
        precision="bfloat16" if precision == "bfloat16" else "float32",
        rng=rng,
    )


def gradients(lstm: Lstm, output: Tensor, x: Tensor) -> tuple[Tensor, ...]:
    weights = torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view_as(output)
    return torch.autograd.grad((output * weights).sum(), [x, *lstm.parameters()])


@pytest.mark.parametrize("dropped", [False, True])
@pytest.mark.parametrize("steps", [1, 2, 9])
def test_scan_equals_reference(dropped: bool, steps: int) -> None:
    lstm = made().double()
    x = torch.randn(3, steps, 5, dtype=torch.float64, requires_grad=True)
    masks = lstm.masks(3, torch.Generator().manual_seed(2) if dropped else None)
    scanned, stepped = lstm(x, masks), lstm.reference(x, masks)
    torch.testing.assert_close(scanned, stepped)
    for a, b in zip(gradients(lstm, scanned, x), gradients(lstm, stepped, x), strict=True):
        torch.testing.assert_close(a, b)


def test_scan_passes_gradcheck() -> None:
    lstm = made(3, 4).double()
    masks = lstm.masks(2, torch.Generator().manual_seed(2))
    x = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda value: lstm(value, masks), (x,))


def test_it_is_torchs_lstm() -> None:
    lstm = made(dropout=0).double()
    theirs = torch.nn.LSTM(5, 7, batch_first=True).double()
    weights = {
        "weight_ih_l0": lstm.weight_input,
        "weight_hh_l0": lstm.weight_hidden,
        "bias_ih_l0": lstm.bias,
        "bias_hh_l0": torch.zeros_like(lstm.bias),
    }
    theirs.load_state_dict(weights)
    x = torch.randn(2, 11, 5, dtype=torch.float64)
    torch.testing.assert_close(lstm(x, Masks(None, None)), theirs(x)[0])


def test_bfloat16_is_close_to_float32() -> None:
    plain, rounded = made(64, 32, 0.3), made(64, 32, 0.3, "bfloat16")
    x = torch.randn(4, 20, 64, requires_grad=True)
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
    assert masks.inputs.shape == (4, 200)
    assert masks.hidden.shape == (4, 300)
    for mask in (masks.inputs, masks.hidden):
        assert set(mask.unique().tolist()) == {0.0, 2.0}
        assert 0.4 < (mask == 0).float().mean() < 0.6
        assert not torch.equal(mask[0], mask[1])
    # A dropped input feature leaves no trace at any step.
    x = torch.randn(4, 6, 200)
    changed = x + (masks.inputs == 0).float().unsqueeze(1) * 100
    torch.testing.assert_close(lstm(x, masks), lstm(changed, masks))
    assert lstm.masks(4, None) == (None, None)


def test_no_dropout_draws_nothing() -> None:
    rng = torch.Generator().manual_seed(0)
    before = rng.get_state()
    assert dropout_mask((3, 3), 0.0, rng, torch.zeros(1)) is None
    assert torch.equal(rng.get_state(), before)


def test_a_step_broadcasts_one_frame_over_many_states() -> None:
    lstm = made()
    frame = torch.randn(2, 1, 5)
    state = LstmState(torch.randn(2, 3, 7), torch.randn(2, 3, 7))
    together = lstm.step(frame, state)
    for k in range(3):
        alone = lstm.step(frame[:, 0], LstmState(state.hidden[:, k], state.cell[:, k]))
        torch.testing.assert_close(together.hidden[:, k], alone.hidden)
        torch.testing.assert_close(together.cell[:, k], alone.cell)


def test_initial_weights_follow_keras() -> None:
    lstm = made(50, 40)
    assert torch.equal(lstm.bias[40:80], torch.ones(40))
    assert lstm.bias[:40].abs().sum() == lstm.bias[80:].abs().sum() == 0
    for gate in lstm.weight_hidden.chunk(4):
        torch.testing.assert_close(gate @ gate.t(), torch.eye(40), atol=1e-5, rtol=0)
    bound = (6 / 90) ** 0.5
    assert 0.95 * bound < lstm.weight_input.abs().max() <= bound
