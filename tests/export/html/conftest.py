"""A small run over codes, computed in float32, and pages of it."""

import dataclasses
from pathlib import Path

import pytest

import reverie
from reverie.export.html.player import export_html
from reverie.export.settings import ExportSettings
from reverie.runs.run import Run
from tests.api.conftest import over_codes  # noqa: F401


@pytest.fixture(scope="session")
def run(over_codes: reverie.Run) -> Run:  # noqa: F811
    """The run, whose products are computed as the page computes them."""
    opened = over_codes.opened
    model = dataclasses.replace(opened.recipe.model, precision="float32")
    sampling = dataclasses.replace(opened.recipe.generation, top_p=0.99)
    recipe = dataclasses.replace(opened.recipe, model=model, generation=sampling)
    return dataclasses.replace(opened, recipe=recipe)


@pytest.fixture(scope="session")
def page(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its page, with the numbers as they are."""
    path = tmp_path_factory.mktemp("page") / "player.html"
    export_html(run, path, ExportSettings(weights="float32", licence="cc-by-4.0"))
    return path
