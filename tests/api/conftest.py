"""Small runs, shared by the tests of the API."""

from pathlib import Path

import pytest

import reverie
from reverie.api.clip import Clips
from reverie.api.run import Run
from tests.api.making import SMALL_CODES, SMALL_FRAMES


@pytest.fixture(scope="session")
def run(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run over frames of numbers, with checkpoints of epochs 3 and 6."""
    return reverie.train(
        corpus_folder, "paper", tmp_path_factory.mktemp("api") / "run", SMALL_FRAMES
    )


@pytest.fixture(scope="session")
def over_codes(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run over codes."""
    folder = tmp_path_factory.mktemp("api") / "codes"
    return reverie.train(corpus_folder, "codes", folder, SMALL_CODES)


@pytest.fixture(scope="session")
def clips(run: Run) -> Clips:
    """Two clips in memory, long enough to be judged."""
    return run.generate(seconds=1.2, count=2, temperature=0.5)
