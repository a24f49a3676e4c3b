"""A small run, shared by the tests of generation."""

from pathlib import Path

import pytest

from reverie.runs.run import Run
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.conftest import SMALL


@pytest.fixture(scope="session")
def run(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of six epochs, with checkpoints of the third and the last."""
    folder = tmp_path_factory.mktemp("run") / "run"
    return train(corpus_folder, load_recipe("paper", SMALL), folder, quiet=True)
