"""A small experiment, shared by the tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.experiment.protocol import Experiment, run_experiment
from reverie.experiment.report import write_report
from tests.conftest import RATE_HZ
from tests.experiment.making import SETTINGS
from tests.music import write_recordings
from tests.optional import hide_transcriber


@pytest.fixture(scope="package", autouse=True)
def no_transcriber() -> Iterator[None]:
    """What it measures is tested where it is made; here it would take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        hide_transcriber(patch)
        yield


@pytest.fixture(scope="package")
def ten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of ten tunes, two of them held out."""
    folder = tmp_path_factory.mktemp("ten")
    write_recordings(folder / "recordings", 10, 5.0, RATE_HZ)
    prepare(
        folder / "recordings",
        folder / "corpus",
        PrepareSettings(rate_hz=RATE_HZ),
        processes=1,
        quiet=True,
    )
    return folder / "corpus"


@pytest.fixture(scope="package")
def done(ten: Path, tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """The small experiment, done; tests leave it as it is."""
    experiment = run_experiment(ten, tmp_path_factory.mktemp("done"), SETTINGS, quiet=True)
    write_report(experiment)
    return experiment
