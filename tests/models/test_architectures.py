"""What must hold of every architecture."""

from typing import get_args

import pytest
import torch
from torch import Tensor

from reverie.errors import ReverieError
from reverie.models.architectures import build_model
from reverie.models.contract import FrameModel, SampleSettings
from reverie.models.heads import LinearHead
from reverie.models.settings import Architecture, ModelSettings
from reverie.settings import build

ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)
D = 10


def made(architecture: Architecture, hidden: int = 6, **rest: float) -> FrameModel:
    settings = ModelSettings(architecture=architecture, hidden=hidden, **rest)  # pyright: ignore[reportArgumentType]
    return build_model(settings, D, torch.Generator().manual_seed(1))


def count(architecture: Architecture, width: int, hidden: int) -> int:
    with torch.device("meta"):
        model = build_model(ModelSettings(architecture=architecture, hidden=hidden), width, None)
    return sum(parameter.numel() for parameter in model.parameters())


def test_parameters_at_paper_scale() -> None:
    d, h = 8000, 2048
    lstm = 4 * h * (d + h + 1)
    assert count("baseline", d, h) == lstm + d * h + d == 98_713_408
    assert count("gruv", d, h) == d * h + h + 4 * h * (h + h + 1) + d * h + d == 66_340_672


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_stepping_equals_batch(architecture: Architecture) -> None:
    model = made(architecture)
    frames = torch.randn(3, 8, D)
    whole = model(frames)
    state = model.initial_state(3, frames)
    for t in range(8):
        output, state = model.step(frames[:, t], state)
        torch.testing.assert_close(output, whole[:, t], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_gradients_are_right(architecture: Architecture) -> None:
    model = made(architecture, 3).double()
    frames = torch.randn(2, 4, D, dtype=torch.float64)

    def loss(*_: Tensor) -> Tensor:
        return model.head.loss(
            model(frames[:, :-1], torch.Generator().manual_seed(5)), frames[:, 1:]
        )

    assert torch.autograd.gradcheck(loss, tuple(model.parameters()))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_it_can_learn_one_sequence_by_heart(architecture: Architecture) -> None:
    model = made(architecture, 32)
    frames = torch.randn(1, 9, D, generator=torch.Generator().manual_seed(2))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    loss = torch.zeros(())
    for _ in range(300):
        optimiser.zero_grad()
        loss = model.head.loss(model(frames[:, :-1]), frames[:, 1:])
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.01 * frames.var().item()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_dropout_acts_only_when_asked(architecture: Architecture) -> None:
    model = made(architecture)
    frames = torch.randn(2, 5, D)
    assert torch.equal(model(frames), model(frames))
    one = model(frames, torch.Generator().manual_seed(1))
    assert torch.equal(one, model(frames, torch.Generator().manual_seed(1)))
    assert not torch.equal(one, model(frames, torch.Generator().manual_seed(2)))
    assert not torch.equal(one, model(frames))


def test_dense_dropout_acts_alone() -> None:
    model = made("gruv", input_dropout=0, hidden_dropout=0, dense_dropout=0.5)
    features = model.front(torch.randn(4, 50, D), torch.Generator().manual_seed(0))
    assert 0.4 < (features == 0).float().mean() < 0.6


def test_the_same_seed_gives_the_same_weights() -> None:
    for a, b in zip(made("gruv").parameters(), made("gruv").parameters(), strict=True):
        assert torch.equal(a, b)


def test_bad_settings_are_refused_by_name() -> None:
    with pytest.raises(ReverieError, match="setting hidden is wrong"):
        build(ModelSettings, {"hidden": -4}, "test")
    with pytest.raises(ReverieError, match="setting architecture is wrong"):
        build(ModelSettings, {"architecture": "transformer"}, "test")


def test_linear_head_measures_and_draws() -> None:
    rng = torch.Generator().manual_seed(0)
    head = LinearHead(4, 3, precision="float32", rng=rng)
    spread = torch.tensor([1.0, 0.1, 0.0])
    target = torch.zeros(2, 5000, 3)
    output = torch.randn(2, 5000, 3, generator=rng) * spread
    loss = head.measure(iter([(output, target)]))
    assert loss == pytest.approx(head.loss(output, target).item(), rel=1e-5)
    torch.testing.assert_close(head.error, spread, atol=0.02, rtol=0.02)
    mean = torch.zeros(8000, 3)
    assert torch.equal(head.sample(mean, rng, SampleSettings(0)), mean)
    drawn = head.sample(mean, rng, SampleSettings(0.5))
    torch.testing.assert_close(drawn.std(0), spread / 2, atol=0.02, rtol=0.02)
