"""Being asked to end: between two steps, once, and never with a lie about what is kept."""

import os
import pty
import select
import signal
import sys
import time
from pathlib import Path

import pytest

from reverie.cli.app import main
from reverie.runs.settings import Recipe
from reverie.runs.states import list_checkpoints
from reverie.training import interrupt as interrupting
from reverie.training import sequences, trainer
from reverie.training.interrupt import Interruptible
from reverie.training.recipe import load_recipe
from tests.conftest import SMALL
from tests.forking import ended, forked
from tests.training.test_resume import EPOCH_STEPS, train

ENDLESS = [*SMALL, "training.epochs=1000000", "training.keep_epochs=[]"]


def send(number: int) -> None:
    os.kill(os.getpid(), number)


def test_before_steps_begin_it_ends_at_once() -> None:
    with Interruptible(quiet=True) as interrupt:
        interrupt.kept = "nothing was kept"
        with pytest.raises(KeyboardInterrupt, match="stopped at once; nothing was kept"):
            send(signal.SIGTERM)


@pytest.mark.parametrize("number", interrupting.SIGNALS)
def test_between_steps_it_is_a_wish(number: int) -> None:
    with Interruptible(quiet=True) as interrupt:
        interrupt.wait()
        send(number)
        assert interrupt.wished


def test_two_quick_ones_are_one_and_a_later_one_ends_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Interruptible(quiet=True) as interrupt:
        interrupt.wait()
        send(signal.SIGINT)
        send(signal.SIGINT)
        send(signal.SIGTERM)
        monkeypatch.setattr(interrupting, "AGAIN_SECONDS", 0.0)
        time.sleep(0.001)
        send(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt, match="stopped at once"):
            send(signal.SIGINT)


def test_what_is_held_is_done_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupting, "AGAIN_SECONDS", 0.0)
    with Interruptible(quiet=True) as interrupt:
        with interrupt.held():
            for _ in range(3):
                send(signal.SIGINT)
                time.sleep(0.001)
        assert interrupt.wished
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)


def test_handlers_come_back_and_nohup_is_heeded() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interruptible(quiet=True) as interrupt:
            send(signal.SIGHUP)
            assert not interrupt.wished
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGINT) == signal.default_int_handler
    finally:
        signal.signal(signal.SIGHUP, before)


def test_asked_twice_it_says_what_is_kept(
    corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice in a step, before any checkpoint and after one: what is said is what is there."""
    step, taken, at = trainer.train_step, 0, 0

    def stopping(*arguments: object) -> float:
        nonlocal taken
        taken += 1
        if taken == at:
            send(signal.SIGINT)
            time.sleep(0.001)
            send(signal.SIGINT)
        return step(*arguments)  # pyright: ignore

    monkeypatch.setattr(interrupting, "AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(trainer, "train_step", stopping)
    folder = tmp_path / "run"
    at = 3
    with pytest.raises(KeyboardInterrupt, match="at once; no checkpoint was written yet"):
        train(corpus_folder, load_recipe("paper", ENDLESS), folder)
    assert not list_checkpoints(folder)
    taken, at = 0, EPOCH_STEPS + 3
    often = load_recipe("paper", [*ENDLESS, "training.checkpoint_minutes=1e-9"])
    with pytest.raises(KeyboardInterrupt) as stopped:
        train(corpus_folder, often, folder)
    newest = list_checkpoints(folder)[-1]
    assert newest.name == "epoch-00001-step-00002"
    said = str(stopped.value)
    assert said == (
        f"stopped at once; what came after {newest.name} is not kept, and the same command "
        f"resumes from {newest}"
    )


def test_asked_while_a_checkpoint_is_written_it_is_written(
    corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reverie.runs import checkpoint

    save = checkpoint.save_tensors

    def asked(*arguments: object) -> None:
        for _ in range(2):
            send(signal.SIGINT)
            time.sleep(0.001)
        save(*arguments)  # pyright: ignore

    monkeypatch.setattr(interrupting, "AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(checkpoint, "save_tensors", asked)
    often = load_recipe("paper", [*ENDLESS, "training.checkpoint_minutes=1e-9"])
    with pytest.raises(KeyboardInterrupt, match=r"stopped after 0 epochs and .* resumes from"):
        train(corpus_folder, often, tmp_path / "run")
    (only,) = list_checkpoints(tmp_path / "run")
    assert only.name == "epoch-00000-step-00001"
    assert (only / "state.json").is_file()


def test_asked_while_frames_are_fitted_it_says_that_nothing_is_kept(
    corpus_folder: Path, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sounding = sequences.with_channels

    def asked(pcm: object, channels: int) -> object:
        send(signal.SIGINT)
        return sounding(pcm, channels)  # pyright: ignore

    with monkeypatch.context() as patch:
        patch.setattr(sequences, "with_channels", asked)
        with pytest.raises(KeyboardInterrupt, match="no checkpoint was written yet"):
            train(corpus_folder, recipe, tmp_path / "run")
    assert train(corpus_folder, recipe, tmp_path / "run").find_checkpoint().name == "epoch-00006"


def test_a_terminal_that_goes_leaves_a_checkpoint(corpus_folder: Path, tmp_path: Path) -> None:
    """What the kernel sends when a terminal is closed, and a terminal that takes no more words."""
    screen, terminal = pty.openpty()

    def work() -> None:
        os.close(screen)
        os.setsid()
        for number in (0, 1, 2):
            os.dup2(terminal, number)
        sys.stdout, sys.stderr = (os.fdopen(one, "w", closefd=False) for one in (1, 2))
        told = [word for one in ENDLESS for word in ("--set", one)]
        corpus, run = str(corpus_folder), str(tmp_path / "run")
        sys.argv = ["reverie", "train", corpus, "--recipe", "paper", "--out", run, *told]
        main()

    child = forked(work)
    os.close(terminal)
    drawn = b""
    while b"epoch 2" not in drawn:
        assert select.select([screen], [], [], 60)[0], drawn
        drawn += os.read(screen, 4096)
    os.close(screen)
    os.kill(child, signal.SIGHUP)
    assert ended(child) == 130
    assert list_checkpoints(tmp_path / "run")
