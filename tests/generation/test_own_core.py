"""A core that the package does not know: it trains, rolls, carries and streams."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from reverie.corpus.corpus import Corpus
from reverie.frames.contract import CodebookInfo, FrameSpec
from reverie.generation.clips import generate
from reverie.generation.context import begin_context
from reverie.generation.prompts import choose_prompts
from reverie.generation.settings import GenerationSettings
from reverie.generation.stream import stream_of
from reverie.models.contract import BatchIndex, FrameModel
from reverie.models.fronts import NoFront
from reverie.models.heads import LinearHead
from reverie.models.settings import ModelSettings
from reverie.runs.metrics import read_metrics
from reverie.runs.run import Run
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.models.stepping import STEPS, check_stepping_is_batch


class GruCore(nn.Module):
    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.outputs = hidden
        self.gru = nn.GRU(features, hidden, batch_first=True)

    def forward(self, features: Tensor, _: torch.Generator | None = None) -> Tensor:
        return self.gru(features)[0]

    def project(self, features: Tensor) -> Tensor:
        return features

    def step(self, projected: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        inputs = projected.expand(*state.shape[:-1], -1)
        _, hidden = self.gru(inputs.flatten(0, -2)[:, None], state.flatten(0, -2)[None])
        return hidden.view(state.shape), hidden.view(state.shape).clone()

    def initial_state(self, batch: tuple[int, ...]) -> Tensor:
        return self.gru.get_parameter("weight_hh_l0").new_zeros(*batch, self.outputs)

    def side_by_side(self, first: Tensor, second: Tensor) -> Tensor:
        return torch.cat([first, second], dim=-2)

    def reset(self, state: Tensor, where: BatchIndex) -> Tensor:
        state[where] = 0
        return state


def build(
    settings: ModelSettings,
    spec: FrameSpec,
    rng: torch.Generator | None,
    codebook_info: CodebookInfo | None = None,  # noqa: ARG001
) -> FrameModel:
    core = GruCore(spec.width, settings.hidden)
    head = LinearHead(settings.hidden, spec.width, precision="float32", rng=rng)
    return FrameModel(NoFront(spec.width), core, head)


@pytest.fixture
def run(corpus: Corpus, tmp_path: Path) -> Run:
    assignments = [
        "frames.hop_seconds=0.00625",
        "model.hidden=12",
        "training.sequence_seconds=0.05",
        "training.epochs=4",
        "training.keep_epochs=[]",
        "training.learning_rate=0.01",
    ]
    recipe = load_recipe("smoke", assignments)
    return train(corpus.folder, recipe, tmp_path / "run", builder=build, quiet=True)


def test_it_trains_and_its_run_is_generated_from(run: Run, tmp_path: Path) -> None:
    losses = [line["train_loss"] for line in read_metrics(run.metrics)]
    assert losses[-1] < losses[0]
    opened = Run.open(run.folder, builder=build)
    settings = GenerationSettings(seconds=0.5, count=2, method="carry", temperature=0.5)
    clips = generate(opened, settings, tmp_path / "clips", pictures=False, quiet=True)
    assert [clip.lacks for clip in clips] == ["", ""]


def test_stepping_equals_batch() -> None:
    model = build(ModelSettings(hidden=7), FrameSpec(5, 6), None)
    with torch.no_grad():
        check_stepping_is_batch(model, torch.randn(3, STEPS, 6))


@pytest.mark.parametrize("length", [1, 5])
@torch.no_grad()
def test_rolling_equals_re_feeding(length: int) -> None:
    model = build(ModelSettings(hidden=7), FrameSpec(5, 6), None)
    frames = torch.randn(2, length, 6)
    context = begin_context(model, frames, "rolling", length)
    for _ in range(2 * length + 1):
        found = context.predict().output
        torch.testing.assert_close(found, model(frames[:, -length:])[:, -1])
        frames = torch.cat([frames, found[:, None]], dim=1)
        context.append(found[:, None])


def test_it_streams(run: Run) -> None:
    _, prompt = choose_prompts(run, "held-out", 1, np.random.default_rng(0))
    trained = run.load(run.find_checkpoint())
    settings = run.recipe.generation
    stream = stream_of(run, trained, prompt, settings, torch.Generator(), block_frames=3)
    assert {tuple(next(stream).shape) for _ in range(30)} == {(1, 1, 150)}
