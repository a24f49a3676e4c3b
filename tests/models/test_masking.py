"""What comes after the end of a shorter sequence is neither learnt from nor measured."""

from typing import get_args

import pytest
import torch

from reverie.frames.contract import Meaning
from reverie.frames.settings import measures_of
from reverie.models.architectures import build_model
from reverie.models.settings import Architecture
from reverie.training.recipe import load_recipe

KINDS = ["paper", "apart", "adversary", "codes"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("architecture", get_args(Architecture))
def test_whatever_follows_changes_neither_loss_nor_gradient(
    architecture: Architecture, kind: str
) -> None:
    told = [f"model.architecture={architecture}", "model.hidden=8", "frames.frame_samples=32"]
    told += {
        "paper": [],
        "apart": ["model.members_trained=apart"],
        "adversary": ["model.adversary=hinge", "model.feature_matching=1", "model.head_width=6"],
        "codes": ["frames.transform=codes", "frames.stages=2", "frames.codebook=5"],
    }[kind]
    recipe = load_recipe("paper", told)
    measures = measures_of(recipe.frames)
    rng = torch.Generator().manual_seed(3)
    meaning = None
    if measures.codebook:
        shape = (measures.width, measures.codebook, measures.vector)
        meaning = Meaning(torch.randn(shape, generator=rng), torch.zeros(measures.codebook))
    model = build_model(recipe.model, measures, rng, meaning)
    steps, seen = 6, model.step_frames
    shape = (3, steps + seen, measures.width)
    frames = torch.randn(shape, generator=rng)
    if measures.codebook:
        frames = torch.randint(measures.codebook, shape, generator=rng)
    lengths = torch.tensor([steps, 2, 4])
    heard = torch.arange(steps) < lengths[:, None]
    other = frames.clone()
    for row, length in enumerate(lengths.tolist()):
        other[row, length + seen :] = 1 if measures.codebook else 7.0

    def learnt(given: torch.Tensor, mask: torch.Tensor | None) -> tuple[float, torch.Tensor]:
        model.zero_grad()
        loss = model.loss(given, torch.Generator().manual_seed(5), mask)
        loss.backward()
        gradients = [one.grad.flatten() for one in model.parameters() if one.grad is not None]
        return loss.item(), torch.cat(gradients)

    loss, gradient = learnt(frames, heard)
    again, its_gradient = learnt(other, heard)
    assert again == pytest.approx(loss, rel=1e-5)
    torch.testing.assert_close(its_gradient, gradient, rtol=1e-4, atol=1e-6)
    everything, full_gradient = learnt(frames, None)
    assert everything != pytest.approx(loss, rel=1e-5)
    same, same_gradient = learnt(frames, torch.ones(3, steps, dtype=torch.bool))
    assert same == pytest.approx(everything, rel=1e-5)
    torch.testing.assert_close(same_gradient, full_gradient, rtol=1e-4, atol=1e-6)
