"""Our RMSprop against torch's."""

import pytest
import torch

from reverie.errors import ReverieError
from reverie.frames.fourier import FourierFrames
from reverie.models.architectures import build_model
from reverie.models.linear import Linear
from reverie.training.optimiser import RmsProp, build_optimiser, set_learning_rate
from reverie.training.recipe import load_recipe


def test_it_is_torchs_rmsprop_with_keras_penalty() -> None:
    recipe = load_recipe("paper", ["model.architecture=bilinear", "model.hidden=5"])
    frames, x = FourierFrames(4).spec, torch.randn(3, 6, 8)
    ours, theirs = (
        build_model(recipe.model, frames, torch.Generator().manual_seed(1)) for _ in range(2)
    )
    own = build_optimiser(ours, recipe)
    set_learning_rate(own, recipe, 0.0, 0)
    dense = [one.weight for one in theirs.modules() if isinstance(one, Linear)]
    rest = [one for one in theirs.parameters() if not any(one is other for other in dense)]
    groups = [{"params": dense, "weight_decay": 2e-4}, {"params": rest}]
    other = torch.optim.RMSprop(groups, lr=1e-4, alpha=0.9, eps=1e-8)
    for _ in range(5):
        own.zero_grad()
        other.zero_grad()
        ours.loss(x).backward()
        theirs.loss(x).backward()
        own.step()
        other.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_another_models_state_is_refused() -> None:
    one = RmsProp({"a": torch.zeros(3)}, set(), 0.0)
    with pytest.raises(ReverieError, match="of another model"):
        one.load_state_dict({"a": torch.zeros(4)})


def test_cosine_ends_at_a_hundredth() -> None:
    recipe = load_recipe("paper", ["training.learning_rate_decay=cosine"])
    optimiser = RmsProp({}, set(), 0.0)
    rates: list[float] = []
    for done in (0.0, 0.5, 1.0):
        set_learning_rate(optimiser, recipe, done, 0)
        rates.append(optimiser.learning_rate)
    assert rates == pytest.approx([1e-4, 0.505e-4, 1e-6])


def test_the_rate_rises_at_first() -> None:
    recipe = load_recipe("paper", ["training.warmup_steps=4"])
    optimiser = RmsProp({}, set(), 0.0)
    rates: list[float] = []
    for step in (0, 1, 3, 100):
        set_learning_rate(optimiser, recipe, 0.0, step)
        rates.append(optimiser.learning_rate)
    assert rates == pytest.approx([0.25e-4, 0.5e-4, 1e-4, 1e-4])


def test_decay_takes_off_matrices_alone() -> None:
    weights = {"matrix": torch.ones(2, 2), "bias": torch.ones(2)}
    optimiser = RmsProp(weights, set(), 0.0, decay=0.5)
    optimiser.learning_rate = 0.1
    for weight in weights.values():
        weight.grad = torch.zeros_like(weight)
    optimiser.step()
    torch.testing.assert_close(weights["matrix"], torch.full((2, 2), 0.95))
    assert torch.equal(weights["bias"], torch.ones(2))


def test_the_running_mean_is_of_the_weights_and_comes_back() -> None:
    def made() -> tuple[torch.Tensor, RmsProp]:
        weight = torch.zeros(3)
        return weight, RmsProp({"a": weight}, set(), 0.0, ema_decay=0.5)

    weight, optimiser = made()
    optimiser.learning_rate = 0.1
    mean = torch.zeros(3)
    for step in range(1, 30):
        weight.grad = torch.ones(3)
        optimiser.step()
        kept = min(0.5, step / (step + 10))
        mean = kept * mean + (1 - kept) * weight
    own = weight.clone()
    with optimiser.averaged():
        torch.testing.assert_close(weight, mean)
        saved = {name: one.clone() for name, one in optimiser.state_dict().items()}
        averaged = weight.clone()
    assert torch.equal(weight, own)

    other, again = made()
    other.copy_(averaged)
    again.load_state_dict(saved)
    assert torch.equal(other, own)
    with again.averaged():
        assert torch.equal(other, averaged)
