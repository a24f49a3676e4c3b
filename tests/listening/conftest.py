"""The served test of `scene.py`."""

from collections.abc import Iterator

import pytest

from reverie.corpus.corpus import Corpus
from tests.listening.making import make_test
from tests.listening.scene import Scene
from tests.listening.serving import served


@pytest.fixture(scope="package")
def scene(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    test = make_test(tmp_path_factory.mktemp("served"), corpus, participants=120)
    with served(test) as app:
        yield Scene(app, test)
