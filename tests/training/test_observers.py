"""Whoever watches a training is told all of it, in order, and changes nothing."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from reverie.runs.checkpoint import MODEL
from reverie.runs.metrics import read_metrics
from reverie.training.observers import Epoch, Observer, Start, Step
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.conftest import SMALL

RECIPE = load_recipe("paper", [*SMALL, "training.preview_every_epochs=3"])


class Notebook(Observer):
    """Notes everything."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.steps: list[Step] = []
        self.epochs: list[Epoch] = []
        self.checkpoints: list[Path] = []
        self.begun: Start | None = None

    def on_start(self, start: Start) -> None:
        self.said.append("start")
        self.begun = start

    def on_step(self, step: Step) -> None:
        self.said.append("step")
        self.steps.append(step)

    def on_epoch(self, epoch: Epoch) -> None:
        self.said.append("epoch")
        self.epochs.append(epoch)

    def on_preview(self, epoch: int, samples: NDArray[np.float32], /) -> None:
        self.said.append(f"preview {epoch} of {len(samples)}")

    def on_checkpoint(self, checkpoint: Path) -> None:
        self.said.append(f"checkpoint {checkpoint.name}")
        self.checkpoints.append(checkpoint)

    def on_end(self) -> None:
        self.said.append("end")


def test_all_is_told_in_order(corpus_folder: Path, tmp_path: Path) -> None:
    notes = Notebook()
    run = train(
        corpus_folder,
        RECIPE,
        tmp_path / "run",
        preview=lambda *_: torch.zeros(5),
        observers=[notes],
        quiet=True,
    )
    assert notes.begun is not None
    assert notes.begun.total_steps is not None
    steps = notes.begun.total_steps // 6
    epoch = ["step"] * steps + ["epoch"]
    kept = [*epoch, "preview 3 of 5", "checkpoint epoch-00003"]
    last = [*epoch, "preview 6 of 5", "checkpoint epoch-00006"]
    assert notes.said == ["start", *epoch, *epoch, *kept, *epoch, *epoch, *last, "end"]
    assert [one.steps for one in notes.steps] == list(range(1, 6 * steps + 1))
    assert notes.steps[-1].share == 1
    told = [(one.epoch, one.train_loss, one.held_out_loss, one.seconds) for one in notes.epochs]
    assert told == [tuple(line.values()) for line in read_metrics(run.metrics)]
    assert all((one / MODEL).is_file() for one in notes.checkpoints)


def test_a_watched_training_is_the_same_to_the_byte(corpus_folder: Path, tmp_path: Path) -> None:
    alone = train(corpus_folder, RECIPE, tmp_path / "alone", quiet=True)
    watched = train(corpus_folder, RECIPE, tmp_path / "watched", observers=[Notebook()], quiet=True)
    weights = [one.find_checkpoint("6") / MODEL for one in (alone, watched)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_what_an_observer_raises_ends_the_training_and_all_are_told(
    corpus_folder: Path, tmp_path: Path
) -> None:
    class Faulty(Notebook):
        def on_epoch(self, epoch: Epoch) -> None:
            raise RuntimeError(f"no more after epoch {epoch.epoch}")

    faulty, notes = Faulty(), Notebook()
    with pytest.raises(RuntimeError, match="no more after epoch 1"):
        train(corpus_folder, RECIPE, tmp_path / "run", observers=[faulty, notes], quiet=True)
    assert (faulty.said[-1], notes.said[-1]) == ("end", "end")
