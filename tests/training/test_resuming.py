"""What a run has lost, or goes on with, is said before it goes on."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from reverie.runs.files import threads_of
from reverie.runs.metrics import read_metrics
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from reverie.training.trainer import Trainer
from tests.conftest import SMALL
from tests.fake_gpu import fake_gpu
from tests.training.test_device import planned_and_drawn_here

HALF, WHOLE = (load_recipe("paper", [*SMALL, f"training.epochs={count}"]) for count in (2, 3))


@pytest.fixture
def folder(corpus_folder: Path, tmp_path: Path) -> Path:
    """Of a run of two epochs."""
    return train(corpus_folder, HALF, tmp_path / "run", quiet=True).folder


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


def test_lost_checkpoints_are_said(
    folder: Path, corpus_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(folder / "checkpoints")
    run = train(corpus_folder, WHOLE, folder)
    assert "tells of 2 epochs, and no checkpoint is left: training begins anew" in said(capsys)
    assert len(read_metrics(run.metrics)) == 3


def test_lost_figures_are_said(
    folder: Path, corpus_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "metrics.jsonl").unlink()
    train(corpus_folder, WHOLE, folder)
    assert "The figures of 2 epochs are lost" in said(capsys)
    train(corpus_folder, load_recipe("paper", [*SMALL, "training.epochs=4"]), folder)
    assert "going on from epoch-00003" in said(capsys)


def test_another_number_of_threads_goes_on_and_is_said(
    folder: Path, corpus_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = torch.get_num_threads()
    other = before + 1
    told = [*SMALL, "training.epochs=3", f"training.threads={other}"]
    try:
        train(corpus_folder, load_recipe("paper", told), folder)
    finally:
        torch.set_num_threads(before)
    assert f"continues with {other} threads: its bytes will differ" in said(capsys)
    assert threads_of(folder) == (before, other)
    made_on = json.loads((folder / "config.json").read_text())["made_on"]
    assert made_on["threads"] == f"{before}, then {other}"


def test_a_gpu_that_lacks_an_operation_gives_way_to_the_processor(
    corpus_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """From the last checkpoint on."""

    class LacksOne(Trainer):
        def _train_steps(self) -> bool:
            if self.state.epoch == 1:
                raise NotImplementedError("aten::new is not implemented for MPS\nand more")
            return super()._train_steps()

    chosen: list[Any] = []

    def made(run: Any, *parts: Any, **options: Any) -> Trainer:
        chosen.append(run)
        return (LacksOne if len(chosen) == 1 else Trainer)(run, *parts, **options)

    often = load_recipe("paper", [*SMALL, "training.epochs=3", "training.keep_epochs=[1]"])
    alone = train(corpus_folder, often, tmp_path / "alone", quiet=True)
    monkeypatch.setattr("reverie.training.train.Trainer", made)
    planned_and_drawn_here(often, tmp_path, monkeypatch)
    with fake_gpu() as device:
        monkeypatch.setattr("reverie.training.train.training_device", lambda _: device)
        run = train(corpus_folder, often, tmp_path / "run")
    words = said(capsys)
    assert "The GPU (meta) cannot do all of this model" in words
    assert "going on from epoch-00001" in words
    assert len(chosen) == 2
    figures = [[line["train_loss"] for line in read_metrics(one.metrics)] for one in (alone, run)]
    assert figures[1] == pytest.approx(figures[0], rel=1e-3)
