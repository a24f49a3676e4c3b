"""A corpus to judge clips against, shared by the tests."""

import pytest

from reverie.corpus.corpus import Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from tests.music import write_recordings
from tests.optional import hide_transcriber

RATE_HZ = 8000


@pytest.fixture(scope="package")
def music(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Five recordings of 24 seconds, one of them held out."""
    folder = tmp_path_factory.mktemp("evaluated")
    write_recordings(folder / "recordings", 5, 24.0, RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ)
    return prepare(folder / "recordings", folder / "corpus", settings, processes=1, quiet=True)


@pytest.fixture
def no_transcriber(monkeypatch: pytest.MonkeyPatch) -> None:
    hide_transcriber(monkeypatch)
