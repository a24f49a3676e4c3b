"""At its end training says why, and names only commands that work."""

import shutil
from pathlib import Path

import pytest

from reverie.runs.run import Run
from reverie.training.outcome import outcome
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.conftest import SMALL


@pytest.fixture(scope="module")
def trained(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    told = ["training.epochs=2", "frames.hop_seconds=0.03125", "training.sequence_seconds=0.25"]
    folder = tmp_path_factory.mktemp("outcome") / "run"
    return train(corpus_folder, load_recipe("smoke", told), folder, quiet=True)


def test_epochs_are_over_and_the_command_goes_on(trained: Run, corpus_folder: Path) -> None:
    found = outcome(Run.open(trained.folder))
    assert (found.ending, found.epochs) == ("epochs", 2)
    assert found.best_saved_loss == pytest.approx(found.held_out_loss)
    said = " ".join(found.lines)
    assert said.startswith("Ended after 2 epochs and ")
    assert "lower is better, and only comparable within one recipe" in said
    assert f"Next: reverie generate {trained.folder}" in said
    assert found.lines[-1] == (
        f"  reverie train {corpus_folder} --recipe smoke --set frames.hop_seconds=0.03125 "
        f"--set training.sequence_seconds=0.25 --epochs 4 --out {trained.folder}"
    )


def test_a_rate_that_has_fallen_needs_a_new_run(corpus_folder: Path, tmp_path: Path) -> None:
    told = [*SMALL, "training.learning_rate_decay=cosine", "training.epochs=1"]
    run = train(corpus_folder, load_recipe("paper", told), tmp_path / "run", quiet=True)
    assert (
        outcome(run)
        .lines[-1]
        .endswith(
            f"train a new one: the same command with `epochs=2` and `out={run.folder}-longer`."
        )
    )


def test_patience_and_figures_that_are_lost(trained: Run, tmp_path: Path) -> None:
    run = Run.open(Path(shutil.copytree(trained.folder, tmp_path / "run")))
    run.metrics.unlink()
    found = outcome(run)
    assert found.train_loss is None
    assert "Its figures are lost" in found.lines[1]
    shutil.rmtree(run.checkpoints)
    assert outcome(run).lines == (
        "Nothing is trained yet.",
        "To go on, give the same command again.",
    )
