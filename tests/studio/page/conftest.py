"""A folder of recordings, a corpus, a run and its clips, with a studio that shows them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import reverie
from tests.api.making import SMALL_CODES
from tests.studio.serving import served

WITH_PREVIEWS = {**SMALL_CODES, "training.preview_every_epochs": 1}


@pytest.fixture(scope="session")
def studio_folder(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A studio's folder with one thing of each kind."""
    folder = tmp_path_factory.mktemp("studio")
    shutil.copytree(corpus_folder.with_name("recordings"), folder / "tunes")
    corpus = reverie.prepare(folder / "tunes", folder / "tunes-corpus", {"rate_hz": 8000})
    run = reverie.train(corpus, "codes", folder / "tunes-codes", WITH_PREVIEWS)
    run.generate(seconds=1.5, count=3, out=run.clips_folder(None))
    return folder


@pytest.fixture(scope="session")
def studio(studio_folder: Path) -> Iterator[str]:
    """The address of its studio."""
    with served(studio_folder) as page:
        yield f"http://127.0.0.1:{page.port}"


@pytest.fixture
def empty_studio(tmp_path: Path) -> Iterator[str]:
    """The address of a studio of an empty folder."""
    with served(tmp_path / "empty") as page:
        yield f"http://127.0.0.1:{page.port}"
