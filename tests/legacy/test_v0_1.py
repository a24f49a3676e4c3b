"""Runs and corpora that version 0.1 made are read, gone on with and generated from."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from reverie.corpus.corpus import Corpus
from reverie.generation.clips import generate
from reverie.generation.settings import clip_settings
from reverie.runs.metrics import read_metrics
from reverie.runs.run import Run
from reverie.training.train import train

MADE = Path(__file__).with_name("v0_1")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MADE, tmp_path / "made"))


def test_its_corpus_opens(made: Path) -> None:
    corpus = Corpus.open(made / "corpus")
    corpus.check(quiet=True)
    assert [len(corpus.of_split(split)) for split in ("train", "held-out")] == [3, 1]


@pytest.mark.parametrize("name", ["codes", "bilinear"])
def test_its_runs_generate_what_it_made_of_them(made: Path, name: str, tmp_path: Path) -> None:
    run = Run.open(made / name)
    seconds = {"codes": 2.0, "bilinear": 1.0}[name]
    settings = clip_settings(run.recipe.generation, {"count": 2, "seconds": seconds})
    clip = generate(run, settings, tmp_path / "clips", pictures=False, quiet=True)[0]
    assert clip.lacks == ""
    expected, _ = soundfile.read(made / name / "clips" / "001.wav", dtype="int16")
    found, _ = soundfile.read(clip.path, dtype="int16")
    # Another processor rounds otherwise.
    np.testing.assert_allclose(found, expected, atol=4)


@pytest.mark.parametrize("name", ["codes", "bilinear"])
def test_its_runs_are_gone_on_with(made: Path, name: str) -> None:
    run = Run.open(made / name)
    # A learning rate that falls over the epochs fixes their number.
    epochs = {"codes": 3, "bilinear": 5}[name]
    training = dataclasses.replace(run.recipe.training, epochs=epochs)
    recipe = dataclasses.replace(run.recipe, training=training)
    train(made / "corpus", recipe, run.folder, quiet=True)
    assert read_metrics(run.metrics)[-1]["epoch"] == epochs
