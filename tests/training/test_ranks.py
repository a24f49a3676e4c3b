"""Several processes train one model as one would, and one of them writes and speaks."""

import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from reverie.cli.app import app
from reverie.corpus.corpus import Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.errors import ReverieError
from reverie.runs.files import ranks_of
from reverie.runs.judgement import Judgement
from reverie.runs.metrics import read_metrics
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.runs.states import list_checkpoints
from reverie.terminal import echo
from reverie.training import agreement, beginning, trainer
from reverie.training.observers import Observer, Step
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.conftest import RATE_HZ, SMALL
from tests.music import write_recordings
from tests.together import Ended, Together
from tests.training.test_resume import CODES, EPOCH_STEPS, fingerprint

STILL = [
    *SMALL,
    "training.epochs=4",
    "training.keep_epochs=[]",
    "model.precision=float32",
    "model.input_dropout=0",
    "model.hidden_dropout=0",
    "model.dense_dropout=0",
]
"""Without dropout, whose draws are each rank's own."""
STEPS = 4 * EPOCH_STEPS


def recipe_of(*settings: str) -> Recipe:
    return load_recipe("paper", [*STILL, *settings])


SHORT = recipe_of("training.epochs=2")


def begun_like(run: Run, folder: Path) -> Path:
    """A run with the frames of another, before its first step: a codec takes a while to fit."""
    folder.mkdir()
    for name in ("config.json", "corpus.json", "frames.safetensors"):
        shutil.copy(run.folder / name, folder / name)
    return folder


class Losses(Observer):
    """Writes down the loss of every step, and may stop one rank after some."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a")

    def on_step(self, step: Step) -> None:
        self._file.write(f"{step.loss!r}\n")

    def on_end(self) -> None:
        self._file.close()

    @staticmethod
    def read(path: Path) -> list[float]:
        return [float(line) for line in path.read_text().splitlines()]


def trained(
    count: int, corpus: Path, recipe: Recipe, folder: Path, log: Path, **options: Any
) -> list[Ended]:
    """Train by several processes; rank 0 writes its losses to `log`."""

    def work(rank: int) -> None:
        train(corpus, recipe, folder, observers=[Losses(log.with_suffix(f".{rank}"))], **options)

    return Together(count, log.with_suffix(".told"), work).ended()


@pytest.mark.parametrize("kind", ["numbers", "codes"])
def test_ranks_take_the_steps_of_one_process(
    kind: str, corpus_folder: Path, tmp_path: Path
) -> None:
    """In float32, over 56 steps; the last batch of each epoch has fewer sequences than ranks."""
    more = [] if kind == "numbers" else CODES
    recipe, half = recipe_of(*more), recipe_of(*more, "training.epochs=2")
    alone_log = tmp_path / "alone.log"
    alone = train(
        corpus_folder, recipe, tmp_path / "alone", observers=[Losses(alone_log)], quiet=True
    )
    wanted = Losses.read(alone_log)
    assert len(wanted) == STEPS
    three = begun_like(alone, tmp_path / "three")
    for part, log in ((half, "first"), (recipe, "second")):
        found = trained(3, corpus_folder, part, three, tmp_path / log)
        assert [one.status for one in found] == [0, 0, 0], found
        assert [one.error for one in found] == ["", "", ""]
        assert "going on from epoch-00002" in found[0].said or log == "first"
        assert [one.said for one in found[1:]] == ["", ""]
    losses = [loss for log in ("first.0", "second.0") for loss in Losses.read(tmp_path / log)]
    assert losses == pytest.approx(wanted, rel=1e-5)
    held_out = [line["held_out_loss"] for line in read_metrics(Run.open(three).metrics)]
    assert held_out == pytest.approx(
        [line["held_out_loss"] for line in read_metrics(alone.metrics)], rel=1e-5
    )
    assert not (tmp_path / "second.1").read_text()
    calibrations = [
        run.calibration(list_checkpoints(run.folder)[-1]) for run in (alone, Run.open(three))
    ]
    if kind == "numbers":
        torch.testing.assert_close(calibrations[1].rmse, calibrations[0].rmse)
        return
    assert calibrations[1].surprisal_bits == pytest.approx(calibrations[0].surprisal_bits)
    # As many that were never stopped end with the same bytes.
    whole = begun_like(alone, tmp_path / "whole")
    assert {one.error for one in trained(3, corpus_folder, recipe, whole, tmp_path / "w")} == {""}
    assert fingerprint(Run.open(whole)) == fingerprint(Run.open(three))
    assert len(list((whole / "tensorboard").iterdir())) == 1


@pytest.fixture(scope="module")
def alone(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[float]]:
    """A run that one process trained, and its losses."""
    folder = tmp_path_factory.mktemp("alone")
    losses = Losses(folder / "log")
    run = train(corpus_folder, SHORT, folder / "run", observers=[losses], quiet=True)
    return run, Losses.read(folder / "log")


def acting(rank: int, at: int, act: Callable[[], object]) -> Callable[[int], None]:
    """Have one rank act at a step of its own."""

    def patch(own: int) -> None:
        step, taken = trainer.train_step, 0

        def stepping(*arguments: Any) -> float:
            nonlocal taken
            taken += 1
            if taken == at and own == rank:
                act()
            return step(*arguments)

        trainer.train_step = stepping  # of this process alone

    return patch


@pytest.mark.parametrize("how", ["signal", "thread"])
def test_what_one_rank_is_asked_all_do_at_the_same_step(
    how: str,
    corpus_folder: Path,
    tmp_path: Path,
    alone: tuple[Run, list[float]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    run, wanted = alone
    folder = begun_like(run, tmp_path / "run")
    stop = threading.Event()
    asked = stop.set if how == "thread" else lambda: os.kill(os.getpid(), signal.SIGTERM)
    patch = acting(1, EPOCH_STEPS + 5, asked)

    def work(rank: int) -> None:
        patch(rank)
        losses = Losses(tmp_path / f"log.{rank}")
        train(corpus_folder, SHORT, folder, observers=[losses], stop=stop)

    found = Together(2, tmp_path / "told", work).ended()
    last = list_checkpoints(folder)[-1]
    assert last.name == "epoch-00001-step-00005"
    if how == "signal":
        for one in found:
            assert one.error.startswith("KeyboardInterrupt: stopped after 1 of 2 epochs and ")
            assert one.error.endswith(f" s; the same command resumes from {last}")
    else:
        assert [one.error for one in found] == ["", ""]
    # One process goes on.
    more = Losses(tmp_path / "log.0")
    went_on = train(corpus_folder, SHORT, folder, observers=[more])
    assert Losses.read(tmp_path / "log.0") == pytest.approx(wanted, rel=1e-5)
    assert ranks_of(went_on.folder) == (1, 2, 1)
    said = " ".join(capsys.readouterr().err.split())
    assert "trained by 2 processes and continues with 1" in said


@pytest.mark.parametrize("rank", [0, 1])
def test_a_rank_that_is_killed_ends_all_and_the_next_start_goes_on(
    rank: int,
    corpus_folder: Path,
    tmp_path: Path,
    alone: tuple[Run, list[float]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    run, wanted = alone
    folder = begun_like(run, tmp_path / "run")
    recipe = recipe_of("training.epochs=2", "training.keep_epochs=[1]")
    patch = acting(rank, EPOCH_STEPS + 5, lambda: os.kill(os.getpid(), signal.SIGKILL))

    def work(own: int) -> None:
        patch(own)
        train(corpus_folder, recipe, folder)

    found = Together(2, tmp_path / "told", work).ended()
    assert found[rank].status == -signal.SIGKILL
    assert found[1 - rank].error == (
        "ReverieError: another process of this training ended without a word: it was killed, or "
        "its machine or the network failed. Give the same command again: it resumes from the "
        "newest checkpoint."
    )
    losses = Losses(tmp_path / "log")
    train(corpus_folder, recipe, folder, observers=[losses])
    assert "going on from epoch-00001" in capsys.readouterr().err
    assert Losses.read(tmp_path / "log") == pytest.approx(wanted[EPOCH_STEPS:], rel=1e-5)


def test_time_previews_and_judgements_are_the_first_ones(
    corpus_folder: Path, tmp_path: Path, alone: tuple[Run, list[float]]
) -> None:
    """The other's clock is an hour ahead."""
    folder = begun_like(alone[0], tmp_path / "run")
    limits = ["epochs=100000", "minutes=0.015", "preview_every_epochs=1", "judge_every_epochs=1"]
    recipe = recipe_of(*(f"training.{one}" for one in limits))

    def work(rank: int) -> None:
        if rank:
            now = time.monotonic
            agreement.time = SimpleNamespace(monotonic=lambda: now() + 3600)

        def preview(*_: object) -> torch.Tensor:
            (tmp_path / f"preview.{rank}").touch()
            return torch.zeros(RATE_HZ)

        def judge(*_: object) -> Judgement:
            (tmp_path / f"judged.{rank}").touch()
            return Judgement(1.0, 0.0, 0.0, False, 0.0)

        run = train(corpus_folder, recipe, folder, preview=preview, judge=judge)
        (tmp_path / f"end.{rank}").write_text(run.find_checkpoint().name)

    found = Together(2, tmp_path / "told", work).ended()
    assert [one.error for one in found] == ["", ""]
    assert sorted(one.name for one in tmp_path.glob("*.[01]")) == [
        "end.0", "end.1", "judged.0", "preview.0",
    ]  # fmt: skip
    lines = read_metrics(Run.open(folder).metrics)
    assert 0.9 <= lines[-1]["seconds"] < 3600
    assert all("judged" in line for line in lines[-1:])


def test_short_recordings_count_as_much_as_alone(tmp_path: Path) -> None:
    """Shares of a batch have unequal numbers of frames then."""
    for seconds in (0.5, 1.2, 6.0):
        write_recordings(tmp_path / "music" / f"{seconds}", 2, seconds, RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ, min_seconds=0.1, train_fraction=0.5)
    prepare(tmp_path / "music", tmp_path / "corpus", settings, processes=1, quiet=True)
    recipe = recipe_of(
        "training.epochs=2", "training.sequence_seconds=1.25", "training.transpose_semitones=2"
    )
    run = train(tmp_path / "corpus", recipe, tmp_path / "alone", quiet=True)
    folder = begun_like(run, tmp_path / "run")
    found = trained(2, tmp_path / "corpus", recipe, folder, tmp_path / "log")
    assert [one.error for one in found] == ["", ""]
    for name in ("train_loss", "held_out_loss"):
        here, there = ([line[name] for line in read_metrics(one.metrics)] for one in
                       (run, Run.open(folder)))  # fmt: skip
        assert there == pytest.approx(here, rel=1e-5)


def test_what_ranks_cannot_do_is_said_once(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after another in the same processes: each failure ends but its own training."""
    write_recordings(tmp_path / "recordings", 3, 6.0, RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ)
    prepare(tmp_path / "recordings", tmp_path / "another", settings, processes=1, quiet=True)
    monkeypatch.setattr(beginning, "SEEN_SECONDS", 0.0)
    few = recipe_of("training.batch_size=1")
    alike, mixed = [corpus.folder] * 2, [corpus.folder, tmp_path / "another"]
    cases = [
        (few, alike, ["few", "few"]),
        (recipe_of(), mixed, ["mixed", "mixed"]),
        (recipe_of(), alike, ["here", "there"]),
    ]

    def work(rank: int) -> None:
        for recipe, corpora, folders in cases:
            try:
                train(corpora[rank], recipe, tmp_path / folders[rank], quiet=True)
            except ReverieError as error:
                echo(str(error))

    first, second = Together(2, tmp_path / "told", work).ended()
    assert (first.error, second.error) == ("", "")
    said = first.said + second.said
    assert said.count("training.batch_size is 1, and 2 processes share each batch") == 1
    assert said.count("has another corpus than rank 0") == 1
    assert said.count("does not see the run of rank 0") == 1
    assert said.count("put the corpus and the run on a file system that all machines share") == 2
    assert not (tmp_path / "there").exists()


def launched(rank: int, port: int) -> None:
    """What `torchrun` tells the processes that it starts."""
    told = {"RANK": rank, "WORLD_SIZE": 2, "MASTER_ADDR": "localhost", "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in told.items()})


def test_the_command_under_a_launcher_speaks_once(
    corpus_folder: Path, tmp_path: Path, alone: tuple[Run, list[float]]
) -> None:
    folder = begun_like(alone[0], tmp_path / "run")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]

    def work(rank: int) -> None:
        launched(rank, port)
        words = [word for one in STILL for word in ("--set", one)]
        words = ["train", str(corpus_folder), "--recipe", "paper", *words, "--out", str(folder)]
        assert app([*words, "--epochs", "2"], standalone_mode=False) in (None, 0)
        few = [*words, "--set", "training.batch_size=1"]
        assert app(few, standalone_mode=False) == 2

    first, second = Together(2, tmp_path / "told", work, join=False).ended()
    assert (first.status, second.status) == (0, 0), first.said
    assert "Ended after 2 epochs" in first.said
    losses = [line["train_loss"] for line in read_metrics(folder / "metrics.jsonl")]
    assert losses == pytest.approx(
        [line["train_loss"] for line in read_metrics(alone[0].metrics)], rel=1e-5
    )
    assert (first.said + second.said).count("Raise training.batch_size") == 1
    assert len(second.said.splitlines()) <= 1


def test_what_a_launcher_leaves_out_is_said(
    corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    with pytest.raises(ReverieError, match=r"2 processes .* MASTER_ADDR, MASTER_PORT are not set"):
        train(corpus_folder, recipe_of(), tmp_path / "run", quiet=True)
    with pytest.raises(ReverieError, match=r"2 processes .* cannot prepare"):
        prepare(tmp_path, tmp_path / "corpus", PrepareSettings(), quiet=True)
