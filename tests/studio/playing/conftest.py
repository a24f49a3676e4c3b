"""A studio with two small runs to play."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import reverie
from tests.api.making import SMALL_CODES, SMALL_FRAMES
from tests.studio.playing.serving import Server, studio_of


@pytest.fixture(scope="session")
def home(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A studio's folder with a corpus, a run over codes and a run over frames of numbers."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(corpus_folder, folder / "corpus")
    reverie.train(folder / "corpus", "codes", folder / "run", SMALL_CODES)
    reverie.train(folder / "corpus", "paper", folder / "frames", SMALL_FRAMES)
    return folder


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Server]:
    """A studio in a process of its own."""
    with studio_of(home) as served:
        yield served
