"""A model is trained where the recipe says, or the recipe is refused."""

from pathlib import Path
from typing import get_args

import pytest
import torch

from reverie.errors import ReverieError
from reverie.frames.contract import Meaning
from reverie.frames.settings import measures_of
from reverie.generation.continuation import continue_frames
from reverie.models.architectures import build_model
from reverie.models.guards import LevelGuard, Range, SurpriseGuard
from reverie.models.settings import Architecture, SampleSettings
from reverie.training import loop
from reverie.training.device import CPU, training_device
from reverie.training.metrics import read_metrics
from reverie.training.optimiser import build_optimiser
from reverie.training.recipe import load_recipe
from tests.conftest import SMALL


def test_without_a_gpu_auto_is_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for asked in ("auto", "cpu"):
        assert training_device(load_recipe("desk", [f"training.device={asked}"])) == CPU
    with pytest.raises(ReverieError, match="torch finds no GPU"):
        training_device(load_recipe("desk", ["training.device=cuda"]))


def test_a_gpu_is_taken_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for asked, kind in (("auto", "cuda"), ("cuda", "cuda"), ("cpu", "cpu")):
        assert training_device(load_recipe("desk", [f"training.device={asked}"])).type == kind


def test_naming_the_processor_changes_nothing(corpus_folder: Path, tmp_path: Path) -> None:
    losses = [
        [
            line["train_loss"]
            for line in read_metrics(
                loop.train(
                    corpus_folder,
                    load_recipe("paper", [*SMALL, f"training.device={device}"]),
                    tmp_path / device,
                    quiet=True,
                ).metrics
            )
        ]
        for device in ("auto", "cpu")
    ]
    assert losses[0] == losses[1]


@pytest.mark.parametrize("architecture", get_args(Architecture))
@pytest.mark.parametrize("kind", ["mean", "adversary", "codes"])
def test_nothing_is_left_on_the_processor(architecture: Architecture, kind: str) -> None:
    """torch refuses to join tensors of two devices, and so it does of one that has no values."""
    told = [f"model.architecture={architecture}", "model.hidden=16", "training.averaging=0.9"]
    if kind == "adversary":
        told.append("model.adversary=hinge")
    recipe = load_recipe("codes" if kind == "codes" else "desk", told)
    measures = measures_of(recipe.frames)
    rng = torch.Generator().manual_seed(0)
    meaning = None
    if kind == "codes":
        shape = (measures.width, measures.codebook, measures.vector)
        meaning = Meaning(torch.randn(shape), torch.zeros(measures.codebook))
    model = build_model(recipe.model, measures, rng, meaning).to("meta")
    optimiser = build_optimiser(model, recipe)
    frames = torch.zeros(2, 5 + model.step_frames, measures.width, device="meta")
    if kind == "codes":
        frames = frames.long()
    torch.autograd.backward([model.loss(frames, rng)])
    optimiser.step()
    sampled = SampleSettings(temperature=1.0, guard=False)
    made = continue_frames(model, frames, "rolling", rng, sampled, 4)
    assert next(made).device == next(made).device == model.device == torch.device("meta")


def test_guards_follow_what_they_are_given() -> None:
    logits, codes = (
        torch.zeros(3, 4, device="meta"),
        torch.zeros(3, dtype=torch.int64, device="meta"),
    )
    usual = Range(1.0, 2.0, 6)
    for guard in (SurpriseGuard(usual), LevelGuard(usual, torch.zeros(4, device="meta"))):
        for _ in range(2):
            assert guard.adjust(logits).device == logits.device
            guard.hear(logits, codes)
