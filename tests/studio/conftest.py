"""Folders for studios."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import RATE_HZ
from tests.music import write_recordings
from tests.studio.serving import Page, served


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of three melodies."""
    write_recordings(tmp_path / "home" / "tunes", 3, 4.0, RATE_HZ)
    return tmp_path / "home"


@pytest.fixture
def page(folder: Path) -> Iterator[Page]:
    """The page of a studio of that folder."""
    with served(folder) as page:
        yield page


@pytest.fixture
def with_corpus(folder: Path, corpus_folder: Path) -> Path:
    """The same folder, with a corpus."""
    # Other tests of the same corpus may have searched it for leaks.
    searched = shutil.ignore_patterns("leaks.json")
    shutil.copytree(corpus_folder, folder / "corpus", ignore=searched)
    return folder
