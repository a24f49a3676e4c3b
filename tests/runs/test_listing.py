"""The runs in a folder: what they are, how far they are, and whether somebody trains them."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reverie.cli.app import app
from reverie.runs.checkpoint import Progress
from reverie.runs.listing import list_runs, why_ended
from reverie.runs.settings import TrainingSettings
from reverie.storage import is_held, only_one
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.conftest import SMALL


@pytest.fixture(scope="module")
def trained(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of two epochs that is ended."""
    folder = tmp_path_factory.mktemp("shelf")
    told = [*SMALL, "training.epochs=2", "training.keep_epochs=[]"]
    train(corpus_folder, load_recipe("paper", told), folder / "runs" / "one", quiet=True)
    return folder


@pytest.fixture
def shelf(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "shelf"))


def test_a_run_is_listed(shelf: Path) -> None:
    (one,) = list_runs(shelf)
    assert (one.folder, one.state, one.epochs) == (shelf / "runs" / "one", "ended", 2)
    assert (one.transform, one.architecture) == ("fourier", "baseline")
    assert one.best_saved_loss is not None
    assert one.best_saved_loss > 0
    assert one.bytes > 1000
    assert one.written > 1e9
    assert [found.folder for found in list_runs(one.folder)] == [one.folder]


def test_the_states_of_a_run(shelf: Path) -> None:
    folder = shelf / "runs" / "one"
    with only_one(folder):
        assert [one.state for one in list_runs(shelf)] == ["training"]
    config = json.loads((folder / "config.json").read_text())
    config["recipe"]["training"]["epochs"] = 9
    (folder / "config.json").write_text(json.dumps(config))
    assert [one.state for one in list_runs(shelf)] == ["stopped"]
    shutil.rmtree(folder / "checkpoints")
    (begun,) = list_runs(shelf)
    assert (begun.state, begun.epochs, begun.best_saved_loss) == ("begun", 0, None)
    (folder / "corpus.json").unlink()
    (damaged,) = list_runs(shelf)
    assert damaged.state == "damaged"
    assert "corpus.json" in damaged.problem


def test_asking_leaves_nothing_behind(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with only_one(tmp_path):
        assert is_held(tmp_path)
    assert not is_held(tmp_path)


def test_which_limit_ended_a_training() -> None:
    training = TrainingSettings(epochs=9, minutes=1.0, patience_epochs=3, keep_epochs=())
    assert why_ended(training, Progress(epoch=2, seconds=59.0)) is None
    assert why_ended(training, Progress(epoch=9)) == "epochs"
    assert why_ended(training, Progress(epoch=2, seconds=60.0)) == "minutes"
    assert why_ended(training, Progress(epoch=2, step=1, loss_count=5, seconds=60.0)) is None
    assert why_ended(training, Progress(epoch=5, best_measured_epoch=2)) == "patience"


def test_the_command(shelf: Path) -> None:
    told = CliRunner().invoke(app, ["runs", str(shelf)])
    assert told.exit_code == 0
    assert max(map(len, told.stdout.splitlines())) <= 80
    for word in ("runs/one", "fourier baseline", "ended"):
        assert word in told.stdout
    (one,) = json.loads(CliRunner().invoke(app, ["runs", str(shelf), "--json"]).stdout)
    assert (one["folder"], one["state"]) == (str(shelf / "runs" / "one"), "ended")
    assert (
        "No run is in"
        in CliRunner().invoke(app, ["runs", str(shelf / "runs" / "one" / "checkpoints")]).stdout
    )
