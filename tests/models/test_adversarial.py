"""An adversary changes what is learnt and drawn, and nothing that models promise."""

from typing import Any

import pytest
import torch
from torch import Tensor

from reverie.errors import ReverieError
from reverie.frames.fourier import FourierFrames
from reverie.models.adversarial_head import AdversarialHead
from reverie.models.architectures import build_model
from reverie.models.calibration import calibrate
from reverie.models.contract import FrameModel, RegressionHead
from reverie.models.discriminator import CONTEXT_FRAMES, Discriminator
from reverie.models.settings import ModelSettings
from reverie.settings import build
from reverie.training.recipe import load_recipe
from tests.models.stepping import STEPS, check_stepping_is_batch

FRAMES = FourierFrames(5).spec
D = FRAMES.width
DRAWN, MEAN = 1.0, 0.0


def made(architecture: str = "baseline", **rest: Any) -> FrameModel:
    values = {"hidden": 8, "head_width": 16, "noise_width": 4, "adversary": "hinge"}
    settings = build(ModelSettings, {**values, "architecture": architecture, **rest}, "test")
    return build_model(settings, FRAMES, torch.Generator().manual_seed(1))


def gradients(model: FrameModel, loss: Tensor) -> dict[str, Tensor]:
    named = dict(model.named_parameters())
    found = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
    return {name: one for name, one in zip(named, found, strict=True) if one is not None}


def drawn(model: FrameModel, output: Tensor, temperature: float, seed: int = 0) -> Tensor:
    assert isinstance(model.head, RegressionHead)
    return model.head.draw(output, None, temperature, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("architecture", ["baseline", "bilinear", "ensemble", "blocks"])
def test_stepping_equals_batch(architecture: str) -> None:
    model = made(architecture)
    check_stepping_is_batch(model, torch.randn(3, model.step_frames - 1 + STEPS, D))


def test_a_frame_is_judged_beside_those_before_it() -> None:
    judge = Discriminator(D, 6, "float32", torch.Generator().manual_seed(1))
    frames = torch.randn(2, 3 * CONTEXT_FRAMES, D)
    changed = frames.clone()
    changed[:, 5] += 1
    (seen, before), (other, after) = judge.contexts(frames), judge.contexts(changed)
    assert (seen != other).any(-1).any(0).nonzero().flatten().tolist() == [5]
    heard = (before != after).any(-1).any(0).nonzero().flatten().tolist()
    assert heard == list(range(6, 6 + CONTEXT_FRAMES))


@pytest.mark.parametrize("form", ["hinge", "least-squares"])
def test_neither_learns_from_the_others_loss(form: str) -> None:
    frames = torch.randn(2, 7, D)
    found: dict[float, dict[str, Tensor]] = {}
    for weight in (0.0, 1.0):
        model = made(adversary=form, adversary_weight=weight)
        loss = model.loss(frames, torch.Generator().manual_seed(3))
        found[weight] = gradients(model, loss)
        output = model(frames[:, :-1], torch.Generator().manual_seed(3))
        assert isinstance(model.head, AdversarialHead)
        mean, inner = output.split([D, 16], dim=-1)
        squared = (mean + model.head.spread(inner.relu()) - frames[:, 1:]).square().mean()
        torch.testing.assert_close(loss, squared)
        if not weight:
            for name, one in gradients(model, squared).items():
                torch.testing.assert_close(found[0.0][name], one)
    for name in found[0.0]:
        theirs = "discriminator" in name
        assert torch.allclose(found[0.0][name], found[1.0][name]) == theirs, name


def test_matching_features_reaches_the_model_alone() -> None:
    frames = torch.randn(2, 7, D)
    without, matched = (
        gradients(model, model.loss(frames, torch.Generator().manual_seed(3)))
        for model in (made(), made(feature_matching=10.0))
    )
    for name, one in without.items():
        assert torch.allclose(one, matched[name]) == ("discriminator" in name), name


def test_noise_decides_a_frame() -> None:
    model = made()
    output = model(torch.randn(2, 5, D))
    assert torch.equal(drawn(model, output, DRAWN), drawn(model, output, DRAWN))
    assert not torch.equal(drawn(model, output, DRAWN), drawn(model, output, DRAWN, seed=1))
    assert torch.equal(drawn(model, output, MEAN), drawn(model, output, MEAN, seed=1))
    assert drawn(model, output, DRAWN).shape == (2, 5, D)


@torch.no_grad()
def test_measuring_is_of_frames_without_noise() -> None:
    model = made()
    frames = torch.randn(2, 7, D)
    output = model(frames[:, :-1])
    expected = (drawn(model, output, MEAN) - frames[:, 1:]).square().mean().item()
    assert calibrate(model.head, [(output, frames[:, 1:])])[0] == pytest.approx(expected, rel=1e-5)


def spread_after_learning(adversary: str) -> float:
    """How large frames are drawn after learning from frames that are all 1 or all -1 by chance."""
    rng = torch.Generator().manual_seed(2)
    model = made(adversary=adversary, input_dropout=0, hidden_dropout=0, head_width=32)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3, betas=(0.5, 0.9))
    signs = torch.zeros(())
    for _ in range(300):
        signs = torch.randint(0, 2, (16, 7, 1), generator=rng) * 2.0 - 1
        optimiser.zero_grad()
        model.loss(signs.expand(-1, -1, D), rng).backward()
        optimiser.step()
    with torch.no_grad():
        output = model(signs.expand(-1, -1, D)[:, :-1])
        return drawn(model, output, DRAWN if adversary != "none" else MEAN).abs().mean().item()


def test_it_does_not_average_what_may_come() -> None:
    assert spread_after_learning("none") < 0.3
    assert 0.7 < spread_after_learning("hinge") < 1.3


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ReverieError, match="members_trained must be together"):
        made("ensemble", members_trained="apart")
    with pytest.raises(ReverieError, match=r"model\.adversary must be none"):
        load_recipe("codes", ["model.adversary=hinge"])
