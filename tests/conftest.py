"""A small prepared corpus and a small recipe, shared by the tests."""

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings

from reverie.corpus.corpus import Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.runs.settings import Recipe
from reverie.training.recipe import load_recipe
from tests.browser import close_browser
from tests.music import write_recordings, write_with_rests

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

RATE_HZ = 8000

LONGEST = (
    "tests/studio/playing/test_browser",
    "tests/test_benchmarks",
    "tests/studio/page/test_journey",
    "tests/test_examples",
    "tests/studio/",
    "tests/execution/",
    "tests/experiment/",
    "tests/tuning/",
)
"""What takes longest, first. What waits for music or for a browser is beside what computes."""

SMALL = [
    "frames.hop_seconds=0.03125",
    "frames.decoder_channels=8",
    "frames.decoder_blocks=1",
    "model.hidden=12",
    "training.epochs=6",
    "training.sequence_seconds=0.25",
    "training.batch_size=7",
    "training.keep_epochs=[3]",
    "training.held_out_every_epochs=1",
    "training.preview_every_epochs=0",
    "training.learning_rate=1e-3",
    "training.decoder_steps=3",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no worker is left alone with one."""

    def place(item: pytest.Item) -> int:
        found = (at for at, name in enumerate(LONGEST) if item.nodeid.startswith(name))
        return next(found, len(LONGEST))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: to look for garbage in it takes 0.2 s each time."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Ctrl-C works in what tests start, also where they run in the background: there a shell has
    it ignored, and whatever is started inherits that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and nohup has this one ignored


@pytest.fixture(scope="session", autouse=True)
def one_browser() -> Iterator[None]:
    """A browser that a test opened is closed after the last one."""
    yield
    close_browser()


@pytest.fixture(autouse=True)
def same_draws() -> None:
    """What a test draws does not depend on the tests before it."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of five melodies of six seconds, four of them to train on."""
    folder = tmp_path_factory.mktemp("music")
    write_recordings(folder / "recordings", 5, 6.0, RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ)
    prepare(folder / "recordings", folder / "corpus", settings, processes=1, quiet=True)
    return folder / "corpus"


@pytest.fixture(scope="session")
def corpus(corpus_folder: Path) -> Corpus:
    """The same, opened."""
    return Corpus.open(corpus_folder)


@pytest.fixture(scope="session")
def with_rests(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A corpus of two recordings, one to train on: see `write_with_rests`."""
    folder = tmp_path_factory.mktemp("rests")
    write_with_rests(folder / "music", RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ, train_fraction=0.5)
    return prepare(folder / "music", folder / "corpus", settings, processes=1, quiet=True)


@pytest.fixture
def recipe() -> Recipe:
    """A recipe that trains in a second."""
    return load_recipe("paper", SMALL)
