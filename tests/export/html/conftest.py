"""Small runs over codes, computed in float32, and pages of them."""

import dataclasses
from pathlib import Path

import pytest

import reverie
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.export.html.player import export_html
from reverie.export.settings import ExportSettings
from reverie.runs.run import Run
from tests.api.conftest import over_codes  # noqa: F401
from tests.api.making import SMALL_CODES
from tests.generation.test_full_band import RATE_HZ, write_hissing


@pytest.fixture(scope="session")
def run(over_codes: reverie.Run) -> Run:  # noqa: F811
    """The run, whose products are computed as the page computes them."""
    return _in_float32(over_codes)


@pytest.fixture(scope="session")
def wide_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same of stereo recordings with high bands."""
    folder = tmp_path_factory.mktemp("wide")
    write_hissing(folder / "music", 4)
    settings = PrepareSettings(rate_hz=RATE_HZ, channels=2)
    prepare(folder / "music", folder / "corpus", settings, processes=1, quiet=True)
    few = {"training.epochs": 1, "training.decoder_steps": 20}
    return _in_float32(reverie.train(folder / "corpus", "codes", folder / "run", SMALL_CODES | few))


def _in_float32(trained: reverie.Run) -> Run:
    opened = trained.opened
    model = dataclasses.replace(opened.recipe.model, precision="float32")
    sampling = dataclasses.replace(opened.recipe.generation, top_p=0.99)
    recipe = dataclasses.replace(opened.recipe, model=model, generation=sampling)
    return dataclasses.replace(opened, recipe=recipe)


@pytest.fixture(scope="session")
def page(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its page, with the numbers as they are."""
    return _exported(run, tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="session")
def wide_page(wide_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of that of stereo recordings."""
    return _exported(wide_run, tmp_path_factory.mktemp("wide-page"))


def _exported(run: Run, folder: Path) -> Path:
    path = folder / "player.html"
    export_html(run, path, ExportSettings(weights="float32", licence="cc-by-4.0"))
    return path
