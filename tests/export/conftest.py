"""A small run, and a folder that it was exported to."""

import shutil
from pathlib import Path

import pytest

import reverie
from tests.api.conftest import over_codes  # noqa: F401

JUDGED = {
    "distance": 31.4,
    "copied_share": 0.04,
    "copied_share_of_music": 0.02,
    "copies_more": False,
    "not_ok_share": 0.25,
    "seconds": 1.0,
}


@pytest.fixture(scope="session")
def exported(over_codes: reverie.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """A folder that a run over codes was exported to; tests leave it as it is."""
    out = tmp_path_factory.mktemp("exported") / "model"
    return over_codes.export("folder", out, licence="cc-by-4.0").path


@pytest.fixture
def model(exported: Path, tmp_path: Path) -> Path:
    """The same, brought elsewhere under another name, to be changed."""
    return Path(shutil.copytree(exported, tmp_path / "brought" / "renamed"))
