"""A model is trained where the recipe says, or the recipe is refused."""

from pathlib import Path
from typing import get_args

import pytest
import torch
from torch import Tensor

from reverie.corpus.corpus import Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.errors import ReverieError
from reverie.evaluation.preview_monitor import PreviewMonitor
from reverie.frames.transforms import frame_spec
from reverie.generation import preview as previewing
from reverie.generation.context import begin_context
from reverie.generation.preview import preview
from reverie.generation.sampling.loudness import LoudnessBias
from reverie.generation.sampling.sampler import make_sampler
from reverie.generation.sampling.surprisal import SurprisalTemperature
from reverie.models.calibration import Calibration, UsualRange
from reverie.models.settings import Architecture
from reverie.models.trained import TrainedModel
from reverie.runs.metrics import read_metrics
from reverie.runs.run import Run
from reverie.runs.settings import Recipe, SamplingSettings
from reverie.training.device import CPU, training_device
from reverie.training.optimiser import build_optimiser
from reverie.training.preflight import plan
from reverie.training.recipe import load_recipe
from reverie.training.step import random_generator
from reverie.training.train import train
from reverie.training.trainer import Preview
from tests.conftest import RATE_HZ, SMALL
from tests.fake_gpu import fake_gpu
from tests.music import write_recordings
from tests.training.models import HEADS, model_of, recipe_of


def test_without_a_gpu_auto_is_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for asked in ("auto", "cpu"):
        assert training_device(load_recipe("desk", [f"training.device={asked}"])) == CPU
    for asked in ("cuda", "mps"):
        with pytest.raises(ReverieError, match=f"is {asked}, and torch finds no GPU"):
            training_device(load_recipe("desk", [f"training.device={asked}"]))


@pytest.mark.parametrize(
    ("cuda", "mps", "asked", "kind"),
    [
        (True, False, "auto", "cuda"),
        (True, True, "auto", "cuda"),
        (False, True, "auto", "mps"),
        (True, True, "mps", "mps"),
        (True, True, "cuda", "cuda"),
        (True, True, "cpu", "cpu"),
    ],
)
def test_a_gpu_is_taken_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, asked: str, kind: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert training_device(load_recipe("desk", [f"training.device={asked}"])).type == kind


KINDS = {
    "numbers": ["model.architecture=blocks", "generation.temperature=1", "frames.transform=mdct"],
    "adversary": [
        "frames.transform=spectrum",
        "model.adversary=hinge",
        "model.feature_matching=1",
        "generation.temperature=1",
        "generation.method=carry",
    ],
    "codes": [
        "frames.transform=codes",
        "frames.n_codebooks=3",
        "frames.codebook_size=16",
        "frames.n_components=12",
        "model.head_width=8",
        "model.architecture=ensemble",
        "generation.temperature=1",
        "generation.method=carry",
        "generation.top_p=0.9",
        "generation.top_k=9",
        "generation.min_p=0.01",
    ],
}


def planned_and_drawn_here(recipe: Recipe, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have whatever device trains draw as the processor does: the fake one has neither part."""
    needs = plan(recipe, RATE_HZ, folder)
    monkeypatch.setattr("reverie.training.train.plan", lambda *_: needs)
    for place in ("step", "trainer", "estimate"):
        monkeypatch.setattr(
            f"reverie.training.{place}.random_generator",
            lambda _, *key: random_generator(CPU, *key),
        )


@pytest.mark.parametrize("kind", KINDS)
def test_another_device_learns_the_same_and_nothing_is_copied_in_silence(
    kind: str, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With previews, a measure, a running mean, checkpoints, and going on from one."""
    told = [
        *SMALL,
        *KINDS[kind],
        "training.epochs=2",
        "training.keep_epochs=[1]",
        "training.preview_every_epochs=1",
        "training.ema_decay=0.5",
        "training.gradient_clip=1",
        "training.max_sequences=5",
    ]
    monkeypatch.setattr(previewing, "PREVIEW_SECONDS", 0.25)
    recipe = load_recipe("paper", told)
    planned_and_drawn_here(recipe, tmp_path, monkeypatch)
    previews: dict[str, list[Tensor]] = {"here": [], "there": []}

    def seen(place: str) -> Preview:
        def call(trained: TrainedModel, run: Run) -> Tensor:
            made = preview(trained, run)
            previews[place].append(made.cpu())
            return made

        return call

    here = train(
        corpus.folder,
        recipe,
        tmp_path / "here",
        preview=seen("here"),
        observers=[PreviewMonitor(corpus)],
        quiet=True,
    )
    half = load_recipe("paper", [*told, "training.epochs=1"])
    with fake_gpu() as device:
        monkeypatch.setattr("reverie.training.train.training_device", lambda _: device)
        for part in (half, recipe):
            there = train(
                corpus.folder,
                part,
                tmp_path / "there",
                preview=seen("there"),
                observers=[PreviewMonitor(corpus)],
                quiet=True,
            )
    losses = [
        [line["held_out_loss"] for line in read_metrics(run.metrics)] for run in (here, there)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    assert [one.shape for one in previews["there"]] == [one.shape for one in previews["here"]]
    assert previews["there"][0].std() > 0


def test_short_recordings_are_learnt_from_there_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which of their steps count is told on the device as well."""
    for seconds in (0.5, 1.2, 6.0):
        write_recordings(tmp_path / "music" / f"{seconds}", 2, seconds, RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ, min_seconds=0.1, train_fraction=0.5)
    prepare(tmp_path / "music", tmp_path / "corpus", settings, processes=1, quiet=True)
    told = ["training.sequence_seconds=1.25", "training.epochs=1", "training.keep_epochs=[]"]
    recipe = load_recipe("paper", [*SMALL, *told])
    planned_and_drawn_here(recipe, tmp_path, monkeypatch)
    here = train(tmp_path / "corpus", recipe, tmp_path / "here", quiet=True)
    with fake_gpu() as device:
        monkeypatch.setattr("reverie.training.train.training_device", lambda _: device)
        there = train(tmp_path / "corpus", recipe, tmp_path / "there", quiet=True)
    (one,), (other,) = read_metrics(here.metrics), read_metrics(there.metrics)
    assert other["train_loss"] == pytest.approx(one["train_loss"], rel=1e-3)
    assert other["held_out_loss"] == pytest.approx(one["held_out_loss"], rel=1e-3)


def test_the_device_of_tests_refuses_what_a_gpu_refuses() -> None:
    with fake_gpu() as device:
        one = torch.ones(3).to(device)
        assert one.device == (one + torch.zeros(3, device=device)).device == device
        assert float((one + 1).sum().cpu()) == 6
        with pytest.raises(RuntimeError, match="on two devices"):
            one.add(torch.ones(3))
        with pytest.raises(RuntimeError, match="not supported"):
            one.numpy()


@pytest.mark.parametrize("architecture", get_args(Architecture))
@pytest.mark.parametrize("kind", HEADS)
def test_nothing_is_left_on_the_processor(architecture: Architecture, kind: str) -> None:
    """torch refuses to join tensors of two devices, and so it does of one that has no values."""
    recipe = recipe_of(architecture, kind, "model.hidden=16", "training.ema_decay=0.9")
    model, rng = model_of(recipe, "meta"), torch.Generator().manual_seed(0)
    spec = frame_spec(recipe.frames, RATE_HZ)
    optimiser = build_optimiser(model, recipe)
    frames = torch.zeros(2, 5 + model.step_frames, spec.width, device="meta")
    if kind == "codes":
        frames = frames.long()
    torch.autograd.backward([model.loss(frames, rng)])
    optimiser.step()
    settings = SamplingSettings(temperature=1.0, guard=False)
    sampler = make_sampler(model.head, settings, rng, Calibration())
    context = begin_context(model, frames, "rolling", 4)
    for _ in range(2):
        frame = sampler(*context.predict())
        assert frame.device == model.device == torch.device("meta")
        context.append(frame.unsqueeze(1))


def test_guards_follow_what_they_are_given() -> None:
    logits, codes = (
        torch.zeros(3, 4, device="meta"),
        torch.zeros(3, dtype=torch.int64, device="meta"),
    )
    usual = UsualRange(1.0, 2.0, 6)
    bias = LoudnessBias(usual, torch.zeros(4, device="meta"))
    for guard in (SurprisalTemperature(usual), bias):
        for _ in range(2):
            assert guard(logits).device == logits.device
            guard.observe(logits, codes)
