"""Small runs whose models are exported, computed in float32, as graphs are."""

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reverie
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.generation.prompt_music import PromptMusic
from reverie.generation.prompts import choose_prompts
from reverie.runs.run import Run
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.api.making import SMALL_CODES, SMALL_FRAMES
from tests.generation.test_full_band import RATE_HZ, SETTINGS, write_hissing


def in_float32(run: Run) -> Run:
    """The run, whose products are not rounded to bfloat16."""
    model = dataclasses.replace(run.recipe.model, precision="float32")
    return dataclasses.replace(run, recipe=dataclasses.replace(run.recipe, model=model))


@pytest.fixture(scope="session")
def run_of(
    corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Run]]:
    """Runs by what they are over: `codes`, `numbers`, `blocks`, `spectrum`, `mdct`, `ensemble`,
    `wide`; each is trained once."""
    trained: dict[str, Run] = {}
    folder = tmp_path_factory.mktemp("graphs")
    short = {"training.epochs": 1, "training.keep_epochs": []}
    kinds: dict[str, dict[str, Any]] = {
        "numbers": {},
        "blocks": {"model.architecture": "blocks"},
        "mdct": {"frames.transform": "mdct", "model.architecture": "bilinear"},
        "spectrum": {"frames.transform": "spectrum", "frames.hop_seconds": 0.032},
    }
    few = {"model.architecture": "ensemble", "model.members": 2, "frames.decoder": "none"}

    def run(kind: str) -> Run:
        if kind not in trained:
            out = folder / kind
            if kind == "wide":
                write_hissing(folder / "music", 4)
                settings = PrepareSettings(rate_hz=RATE_HZ, channels=2)
                prepare(folder / "music", folder / "hissing", settings, processes=1, quiet=True)
                recipe = load_recipe("paper", [*SETTINGS, "training.decoder_steps=5"])
                train(folder / "hissing", recipe, out, quiet=True)
            elif kind in kinds:
                reverie.train(corpus_folder, "paper", out, SMALL_FRAMES | short | kinds[kind])
            else:
                more = few if kind == "ensemble" else {}
                reverie.train(corpus_folder, "codes", out, SMALL_CODES | short | more)
            trained[kind] = in_float32(Run.open(out))
        return trained[kind]

    yield run
    shutil.rmtree(folder)


def prompt_of(run: Run) -> PromptMusic:
    """Held-out music to go on from, whose beat goes on strictly."""
    _, prompt = choose_prompts(run, "held-out", 1, np.random.default_rng(0))
    return PromptMusic(prompt.samples, prompt.beat, None)
