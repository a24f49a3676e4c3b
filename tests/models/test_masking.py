"""What comes after the end of a shorter sequence is neither learnt from nor measured."""

from typing import get_args

import pytest
import torch

from reverie.frames.contract import CodebookInfo
from reverie.frames.transforms import frame_spec
from reverie.models.architectures import build_model
from reverie.models.settings import Architecture
from reverie.training.recipe import load_recipe
from tests.conftest import RATE_HZ

KINDS = ["paper", "apart", "adversary", "codes"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("architecture", get_args(Architecture))
def test_whatever_follows_changes_neither_loss_nor_gradient(
    architecture: Architecture, kind: str
) -> None:
    told = [f"model.architecture={architecture}", "model.hidden=8", "frames.hop_seconds=0.004"]
    told += {
        "paper": [],
        "apart": ["model.members_trained=apart"],
        "adversary": ["model.adversary=hinge", "model.feature_matching=1", "model.head_width=6"],
        "codes": ["frames.transform=codes", "frames.n_codebooks=2", "frames.codebook_size=5"],
    }[kind]
    recipe = load_recipe("paper", told)
    spec = frame_spec(recipe.frames, RATE_HZ)
    rng = torch.Generator().manual_seed(3)
    codebook_info = None
    if spec.codebook_size:
        shape = (spec.width, spec.codebook_size, spec.codebook_dim)
        codebook_info = CodebookInfo(
            torch.randn(shape, generator=rng), torch.zeros(spec.codebook_size)
        )
    model = build_model(recipe.model, spec, rng, codebook_info)
    steps, seen = 6, model.step_frames
    shape = (3, steps + seen, spec.width)
    frames = torch.randn(shape, generator=rng)
    if spec.codebook_size:
        frames = torch.randint(spec.codebook_size, shape, generator=rng)
    lengths = torch.tensor([steps, 2, 4])
    heard = torch.arange(steps) < lengths[:, None]
    other = frames.clone()
    for row, length in enumerate(lengths.tolist()):
        other[row, length + seen :] = 1 if spec.codebook_size else 7.0

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
