"""Gradients replayed as a CUDA graph are those that the model's code computes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from reverie.corpus.corpus import Corpus
from reverie.evaluation.preview_monitor import PreviewMonitor
from reverie.frames.transforms import frame_spec
from reverie.generation import preview as previewing
from reverie.generation.preview import preview
from reverie.models.contract import FrameModel
from reverie.models.settings import Architecture
from reverie.runs.metrics import read_metrics
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.training import gradients
from reverie.training.gradients import Gradients, GraphedGradients, PlainGradients, gradients_of
from reverie.training.optimiser import build_optimiser, set_learning_rate
from reverie.training.recipe import load_recipe
from reverie.training.step import random_generator, train_step
from reverie.training.train import train
from tests.conftest import RATE_HZ, SMALL
from tests.training.models import HEADS, model_of, recipe_of
from tests.training.test_device import KINDS

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is here")
BATCH, STEPS = 4, 7


def small(architecture: str, head: str) -> Recipe:
    told = "model.hidden=32", "training.ema_decay=0.9", "training.gradient_clip=1"
    return recipe_of(architecture, head, f"training.batch_size={BATCH}", *told)


def frames_of(recipe: Recipe, model: FrameModel, count: int, seed: int) -> Tensor:
    spec, rng = frame_spec(recipe.frames, RATE_HZ), torch.Generator().manual_seed(seed)
    shape = count, STEPS + model.step_frames, spec.width
    if spec.codebook_size:
        return torch.randint(spec.codebook_size, shape, generator=rng).to(model.device)
    return torch.randn(shape, generator=rng).to(model.device)


def test_on_the_processor_they_are_computed_as_written() -> None:
    recipe = small("baseline", "mean")
    model = model_of(recipe, "cpu")
    found = gradients_of(model)
    assert isinstance(found, PlainGradients)
    frames = frames_of(recipe, model, BATCH, 0)
    loss = found(frames, torch.Generator().manual_seed(0), None, None)
    given = [one.grad for one in model.parameters()]
    expected = model.loss(frames, torch.Generator().manual_seed(0))
    assert torch.equal(loss, expected.detach())
    assert not loss.requires_grad
    for one, other in zip(
        given, torch.autograd.grad(expected, list(model.parameters())), strict=True
    ):
        assert one is not None
        assert torch.equal(one, other)


def learnt(
    recipe: Recipe, make: Callable[[FrameModel], Gradients]
) -> tuple[list[float], dict[str, Tensor]]:
    """Losses of some steps, measures with the running mean among them, and the weights after."""
    model = model_of(recipe, "cuda")
    optimiser, made = build_optimiser(model, recipe), make(model)
    found: list[float] = []
    for step in range(8):
        set_learning_rate(optimiser, recipe, 0.0, step)
        frames = frames_of(recipe, model, 2 if step in (3, 5) else BATCH, step)
        rng = random_generator(model.device, step)
        mask = None
        if step == 6:
            mask = torch.ones(BATCH, STEPS, dtype=torch.bool, device="cuda")
            mask[0, 3:] = False
        beat = None
        if model.conditioner is not None:
            told = torch.Generator().manual_seed(step)
            beat = torch.rand(len(frames), STEPS, 2, generator=told).cuda()
        found.append(train_step(model, optimiser, frames, rng, recipe, mask, beat, made))
        if step in (2, 4):
            with optimiser.averaged(), torch.inference_mode():
                found.append(float(model.loss(frames_of(recipe, model, BATCH, 99))))
            with torch.inference_mode():
                found.append(float(model.loss(frames_of(recipe, model, BATCH, 99))))
    return found, {name: one.detach().cpu() for name, one in model.named_parameters()}


@needs_cuda
@pytest.mark.parametrize("architecture", get_args(Architecture))
@pytest.mark.parametrize("kind", HEADS)
def test_a_graph_learns_the_same_to_the_bit(
    architecture: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = small(architecture, kind)
    plain, weights = learnt(recipe, PlainGradients)
    recorded: list[int] = []
    record = gradients._record

    def counted(model: FrameModel, frames: Tensor, beat: Tensor | None) -> Any:
        recorded.append(len(frames))
        return record(model, frames, beat)

    monkeypatch.setattr(gradients, "_record", counted)
    graphed, others = learnt(recipe, GraphedGradients)
    assert recorded == [BATCH, 2]
    assert graphed == plain
    for name, one in weights.items():
        assert torch.equal(one, others[name]), name


@needs_cuda
def test_what_cannot_be_recorded_is_computed_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = small("baseline", "mean")
    model = model_of(recipe, "cuda")
    loss = model.loss

    def looking(*given: Any) -> Tensor:
        found = loss(*given)
        found.item()
        return found

    monkeypatch.setattr(model, "loss", looking)
    frames, made = frames_of(recipe, model, BATCH, 0), GraphedGradients(model)
    expected = loss(frames, random_generator(model.device, 1)).item()
    for _ in range(2):
        model.zero_grad(set_to_none=True)
        assert made(frames, random_generator(model.device, 1), None, None).item() == expected
    assert not made._can_record


@needs_cuda
@pytest.mark.parametrize("kind", KINDS)
def test_a_training_there_goes_on_to_the_same_weights(
    kind: str, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With previews, measures, a running mean and checkpoints."""
    monkeypatch.setattr(previewing, "PREVIEW_SECONDS", 0.25)
    told = [
        *SMALL,
        *KINDS[kind],
        "training.epochs=4",
        "training.keep_epochs=[2]",
        "training.preview_every_epochs=1",
        "training.ema_decay=0.5",
        "training.gradient_clip=1",
        "training.device=cuda",
    ]
    halves = [load_recipe("paper", [*told, "training.epochs=2"]), load_recipe("paper", told)]
    found: list[list[Any]] = []
    for name, parts in (("whole", halves[1:]), ("halves", halves)):
        run: Run | None = None
        for part in parts:
            run = train(
                corpus.folder,
                part,
                tmp_path / name,
                preview=preview,
                observers=[PreviewMonitor(corpus)],
                quiet=True,
            )
        assert run is not None
        lines = read_metrics(run.metrics)
        found.append([(one["train_loss"], one["held_out_loss"]) for one in lines])
    assert found[0] == found[1]
