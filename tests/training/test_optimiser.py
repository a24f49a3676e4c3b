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
    frames, x = FourierFrames(4), torch.randn(3, 6, 8)
    ours, theirs = (
        build_model(recipe.model, frames, torch.Generator().manual_seed(1)) for _ in range(2)
    )
    own = build_optimiser(ours, recipe)
    set_learning_rate(own, recipe, 0.0)
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
        set_learning_rate(optimiser, recipe, done)
        rates.append(optimiser.learning_rate)
    assert rates == pytest.approx([1e-4, 0.505e-4, 1e-6])
