"""A corpus with enough music held out to judge by, and a search of it, shared by the tests."""

from pathlib import Path

import pytest

from reverie.api.search import Search
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from tests.conftest import RATE_HZ
from tests.music import write_recordings
from tests.tuning.making import small_search


@pytest.fixture(scope="package")
def tunes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of ten tunes, two of them held out."""
    folder = tmp_path_factory.mktemp("tunes")
    write_recordings(folder / "music", 10, 5.0, RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ)
    prepare(folder / "music", folder / "corpus", settings, processes=1, quiet=True)
    return folder / "corpus"


@pytest.fixture(scope="package")
def found(tunes: Path, tmp_path_factory: pytest.TempPathFactory) -> Search:
    """The small search, done; tests leave it as it is."""
    pytest.importorskip("optuna")
    return small_search(tunes, tmp_path_factory.mktemp("found") / "search")
