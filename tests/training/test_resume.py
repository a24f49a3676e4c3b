"""A run that was stopped, however rudely, ends with the same bytes as one that never was."""

import hashlib
import os
import signal
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from reverie.errors import ReverieError
from reverie.frames.settings import LEAST_CODEBOOKS
from reverie.models.settings import Architecture
from reverie.runs import checkpoint
from reverie.runs.checkpoint import MODEL, OPTIMISER
from reverie.runs.files import write_config
from reverie.runs.metrics import read_metrics
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.runs.states import list_checkpoints, read_progress
from reverie.training import trainer
from reverie.training.observers import Callbacks, Step
from reverie.training.recipe import load_recipe
from reverie.training.train import train as train_loudly
from tests.conftest import SMALL

EPOCH_STEPS = 14
"""Of the recipe of these tests on their corpus."""


def train(corpus_folder: Path, recipe: Recipe, folder: Path) -> Run:
    return train_loudly(corpus_folder, recipe, folder, quiet=True)


def fingerprint(run: Run) -> tuple[list[str], list[tuple[int, float, float | None]]]:
    """Every kept weight and optimiser state, and every figure but the time."""
    hashes = [
        f"{path.parent.name}/{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for folder in list_checkpoints(run.folder)
        for path in (folder / MODEL, folder / OPTIMISER)
    ]
    lines = [(m["epoch"], m["train_loss"], m["held_out_loss"]) for m in read_metrics(run.metrics)]
    return hashes, lines


@pytest.fixture(scope="module")
def undisturbed(
    corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[str], list[tuple[int, float, float | None]]]:
    recipe = load_recipe("paper", SMALL)
    return fingerprint(train(corpus_folder, recipe, tmp_path_factory.mktemp("run") / "whole"))


Undisturbed = tuple[list[str], list[tuple[int, float, float | None]]]


def test_training_learns_and_keeps_what_was_asked(undisturbed: Undisturbed) -> None:
    hashes, lines = undisturbed
    assert [line[0] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert lines[-1][1] < lines[0][1]
    assert all(line[2] is not None for line in lines)
    assert {h.split("/")[0] for h in hashes} == {"epoch-00003", "epoch-00006"}


def test_the_same_seed_gives_the_same_bytes(
    corpus_folder: Path, recipe: Recipe, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    assert fingerprint(train(corpus_folder, recipe, tmp_path / "again")) == undisturbed


def test_more_epochs_go_on_from_the_last(
    corpus_folder: Path, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    train(corpus_folder, load_recipe("paper", [*SMALL, "training.epochs=3"]), tmp_path / "run")
    run = train(corpus_folder, load_recipe("paper", SMALL), tmp_path / "run")
    assert fingerprint(run) == undisturbed


@pytest.mark.parametrize("architecture", get_args(Architecture))
def test_every_architecture_goes_on_exactly(
    corpus_folder: Path, tmp_path: Path, architecture: Architecture
) -> None:
    small = [*SMALL, f"model.architecture={architecture}", "training.keep_epochs=[]"]
    half = load_recipe("paper", [*small, "training.epochs=1"])
    whole = load_recipe("paper", [*small, "training.epochs=2"])
    train(corpus_folder, half, tmp_path / "stopped")
    stopped = train(corpus_folder, whole, tmp_path / "stopped")
    assert fingerprint(stopped) == fingerprint(train(corpus_folder, whole, tmp_path / "whole"))
    # What was saved is what predicts.
    model = stopped.load_model(stopped.find_checkpoint())
    assert model.step_frames == (3 if architecture == "blocks" else 1)


def forked(work: Callable[[], object]) -> int:
    """Do `work` in a process of its own, forked so that it need not import everything again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # later Pythons warn of threads
        child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except KeyboardInterrupt:
            status = 130
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return child


def start(corpus_folder: Path, recipe: Recipe, folder: Path) -> int:
    """Train in a process of its own, which writes down what it says when it is stopped."""

    def work() -> None:
        try:
            train(corpus_folder, recipe, folder)
        except KeyboardInterrupt as error:
            (folder / "said.txt").write_text(str(error))
            raise

    return forked(work)


def ended(child: int) -> int:
    """Its exit status, once it has one; negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def wait_for(path: Path) -> None:
    for _ in range(6000):
        if list(path.parent.glob(path.name)):
            return
        time.sleep(0.01)
    raise AssertionError(f"{path} never came")


def test_killed_in_the_middle_and_resumed(
    corpus_folder: Path, recipe: Recipe, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    folder = tmp_path / "run"
    often = load_recipe("paper", [*SMALL, "training.checkpoint_minutes=1e-9"])
    child = start(corpus_folder, often, folder)
    wait_for(folder / "checkpoints" / "epoch-00003")
    os.kill(child, signal.SIGKILL)
    ended(child)
    assert fingerprint(train(corpus_folder, recipe, folder)) == undisturbed


def test_metrics_tell_the_very_seconds_that_the_time_limit_was_judged_by(
    corpus_folder: Path, tmp_path: Path
) -> None:
    limited = [*SMALL, "training.epochs=100000", "training.minutes=0.005"]
    run = train(corpus_folder, load_recipe("paper", limited), tmp_path / "run")
    lines = read_metrics(run.metrics)
    last = read_progress(list_checkpoints(run.folder)[-1])
    assert (lines[-1]["epoch"], lines[-1]["seconds"]) == (last.epoch, last.seconds)
    # Rounded up by half a millisecond, an epoch before it would look like the last.
    assert [line["epoch"] for line in lines if line["seconds"] >= 0.3] == [last.epoch]


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("at", [1, 7, EPOCH_STEPS])
def test_asked_to_stop_and_resumed(
    corpus_folder: Path,
    recipe: Recipe,
    tmp_path: Path,
    undisturbed: Undisturbed,
    name: int,
    at: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the first step, in the middle of an epoch, and in the last step of one."""
    step, taken = trainer.train_step, 0

    def stopping(*arguments: Any) -> float:
        nonlocal taken
        taken += 1
        loss = step(*arguments)
        if taken == at:
            os.kill(os.getpid(), name)
        return loss

    with monkeypatch.context() as patch:
        patch.setattr(trainer, "train_step", stopping)
        with pytest.raises(KeyboardInterrupt) as stopped:
            train(corpus_folder, recipe, tmp_path / "run")
    last = list_checkpoints(tmp_path / "run")[-1]
    assert str(stopped.value).startswith("stopped after")
    assert str(stopped.value).endswith(f"the same command resumes from {last}")
    place = read_progress(last)
    assert (taken, place.epoch * EPOCH_STEPS + place.step) == (at, at)
    assert fingerprint(train(corpus_folder, recipe, tmp_path / "run")) == undisturbed


@pytest.mark.parametrize("at", [1, 7, EPOCH_STEPS, 2 * EPOCH_STEPS + 1])
def test_stopped_from_another_thread_and_resumed(
    corpus_folder: Path, recipe: Recipe, tmp_path: Path, undisturbed: Undisturbed, at: int
) -> None:
    stop, reached = threading.Event(), threading.Event()
    other = threading.Thread(target=lambda: reached.wait() and stop.set())
    other.start()
    seen: list[Step] = []

    def on_step(step: Step) -> None:
        seen.append(step)
        if step.steps == at:
            reached.set()
            assert stop.wait(60)

    run = train_loudly(corpus_folder, recipe, tmp_path / "run", stop=stop, quiet=True,
                       observers=[Callbacks(on_step=on_step)])  # fmt: skip
    other.join()
    place = read_progress(list_checkpoints(run.folder)[-1])
    assert len(seen) == place.epoch * EPOCH_STEPS + place.step == at
    assert fingerprint(train(corpus_folder, recipe, tmp_path / "run")) == undisturbed


def test_a_stop_that_was_set_before_costs_one_step_alone(
    corpus_folder: Path, recipe: Recipe, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    stop = threading.Event()
    stop.set()
    for steps in (1, 2):
        run = train_loudly(corpus_folder, recipe, tmp_path / "run", stop=stop, quiet=True)
        assert read_progress(list_checkpoints(run.folder)[-1]).step == steps
    assert fingerprint(train(corpus_folder, recipe, tmp_path / "run")) == undisturbed


def test_asked_to_stop_in_the_last_epoch_nothing_follows(
    corpus_folder: Path, tmp_path: Path
) -> None:
    """What would come after training, another model or clips, must not begin."""

    def asked(*_: object) -> torch.Tensor:
        os.kill(os.getpid(), signal.SIGINT)
        return torch.zeros(100)

    recipe = load_recipe("paper", [*SMALL, "training.preview_every_epochs=6"])
    with pytest.raises(KeyboardInterrupt, match="stopped after 6 of 6 epochs"):
        train_loudly(corpus_folder, recipe, tmp_path / "run", preview=asked, quiet=True)
    assert train(corpus_folder, recipe, tmp_path / "run").find_checkpoint().name == "epoch-00006"


@pytest.mark.parametrize("moment", range(8))
def test_a_kill_at_any_moment_of_a_checkpoint(
    corpus_folder: Path,
    recipe: Recipe,
    tmp_path: Path,
    undisturbed: Undisturbed,
    moment: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Die at the nth step of writing the second checkpoint, leaving everything as it lies."""
    folder = tmp_path / "run"
    steps = 0

    def dying(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal steps
            if (folder / "checkpoints" / "epoch-00003").exists():
                if steps == moment:
                    os._exit(9)
                steps += 1
            return function(*arguments, **named)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save_tensors", dying(checkpoint.save_tensors))
        patch.setattr(checkpoint, "write_json", dying(checkpoint.write_json))
        patch.setattr(torch, "save", dying(torch.save))
        patch.setattr(os, "fsync", dying(os.fsync))
        patch.setattr(Path, "replace", dying(Path.replace))
        child = start(corpus_folder, recipe, folder)
    assert ended(child) == 9
    assert fingerprint(train(corpus_folder, recipe, folder)) == undisturbed
    assert not list((folder / "checkpoints").glob(".*"))


def test_a_full_disk_keeps_what_was_made(
    corpus_folder: Path, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(corpus_folder, load_recipe("paper", [*SMALL, "training.epochs=3"]), tmp_path / "r")
    before = fingerprint(run)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_tensors", full)
    with pytest.raises(ReverieError, match=r"cannot write .*: no space left on device"):
        train(corpus_folder, recipe, tmp_path / "r")
    assert fingerprint(run)[0] == before[0]


def test_a_run_is_not_mixed_up(corpus_folder: Path, recipe: Recipe, tmp_path: Path) -> None:
    train(corpus_folder, recipe, tmp_path / "run")
    wider = load_recipe("paper", [*SMALL, "model.hidden=13"])
    with pytest.raises(ReverieError, match=r"begun with model.hidden = 12, not 13"):
        train(corpus_folder, wider, tmp_path / "run")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    with pytest.raises(ReverieError, match="holds other files and no run"):
        train(corpus_folder, recipe, tmp_path / "other")


def test_broken_checkpoints_are_named(corpus_folder: Path, recipe: Recipe, tmp_path: Path) -> None:
    run = train(corpus_folder, recipe, tmp_path / "run")
    (run.find_checkpoint("3") / MODEL).write_bytes(b"junk")
    with pytest.raises(ReverieError, match=r"epoch-00003/model.safetensors cannot be loaded"):
        run.load_model(run.find_checkpoint("3"))
    with pytest.raises(ReverieError, match="has no checkpoint 5"):
        run.find_checkpoint("5")
    longer = load_recipe("paper", [*SMALL, "training.epochs=7"])
    (run.find_checkpoint("6") / OPTIMISER).write_bytes(b"junk")
    with pytest.raises(ReverieError, match=r"optimizer.pt cannot be loaded"):
        train(corpus_folder, longer, tmp_path / "run")


def test_a_loss_that_explodes_is_said(corpus_folder: Path, tmp_path: Path) -> None:
    recipe = load_recipe("paper", [*SMALL, "training.learning_rate=1e30"])
    with pytest.raises(ReverieError, match=r"no longer a number.*Lower training.learning_rate"):
        train(corpus_folder, recipe, tmp_path / "run")


CODES = [
    "frames.transform=codes",
    "frames.n_codebooks=3",
    "frames.codebook_size=16",
    "frames.n_components=12",
    "model.head_width=8",
    "training.ema_decay=0.9",
    "training.weight_decay=0.1",
    "training.gain_db=3",
    "training.transpose_semitones=1",
    "training.sequence_starts=random",
    "training.keep_epochs=[]",
]


def test_codes_averages_and_augmentation_go_on_exactly(corpus_folder: Path, tmp_path: Path) -> None:
    half = load_recipe("paper", [*SMALL, *CODES, "training.epochs=2"])
    whole = load_recipe("paper", [*SMALL, *CODES, "training.epochs=4"])
    train(corpus_folder, half, tmp_path / "stopped")
    stopped = train(corpus_folder, whole, tmp_path / "stopped")
    assert fingerprint(stopped) == fingerprint(train(corpus_folder, whole, tmp_path / "whole"))
    assert stopped.representation().spec.codebook_size == 16
    assert stopped.load_model(stopped.find_checkpoint()).head.unit == "bits a frame"


def test_a_number_of_codes_that_follows_the_recordings_is_kept(
    corpus_folder: Path, tmp_path: Path
) -> None:
    codes = [one for one in CODES if not one.startswith("frames.n_codebooks")]
    follows = [*SMALL, *codes, "frames.n_codebooks=0"]
    half, whole = (load_recipe("paper", [*follows, f"training.epochs={n}"]) for n in (2, 4))
    run = train(corpus_folder, half, tmp_path / "stopped")
    found = run.recipe.frames.n_codebooks
    assert found == run.representation().spec.width >= LEAST_CODEBOOKS
    assert Run.open(run.folder).recipe.frames.n_codebooks == found
    # As if it had been killed after its frames were written, and before its record was.
    write_config(run.folder, half, None, None)
    stopped = train(corpus_folder, whole, tmp_path / "stopped")
    fixed = load_recipe("paper", [*follows, "training.epochs=4", f"frames.n_codebooks={found}"])
    assert fingerprint(stopped) == fingerprint(train(corpus_folder, fixed, tmp_path / "whole"))
    other = load_recipe("paper", [*follows, "training.epochs=4", f"frames.n_codebooks={found + 1}"])
    with pytest.raises(ReverieError, match=r"begun with frames\.n_codebooks"):
        train(corpus_folder, other, tmp_path / "stopped")


def test_the_best_epoch_is_kept_and_patience_ends(corpus_folder: Path, tmp_path: Path) -> None:
    """So high a rate makes it worse soon: the best is behind, and there is no use in going on."""
    recipe = load_recipe(
        "paper",
        [
            *SMALL,
            *CODES,
            "training.epochs=60",
            "training.learning_rate=0.03",
            "training.keep_best=true",
            "training.patience_epochs=3",
            "training.ema_decay=0",
        ],
    )
    run = train(corpus_folder, recipe, tmp_path / "run")
    losses = [line["held_out_loss"] for line in read_metrics(run.metrics)]
    measured = [loss for loss in losses if loss is not None]
    assert len(measured) == len(losses) < 60
    best = measured.index(min(measured)) + 1
    assert len(losses) == best + 3
    assert run.find_checkpoint("best").name == f"epoch-{best:05d}"
    # Asked again, it sees that it is done.
    again = train(corpus_folder, recipe, tmp_path / "run")
    assert len(read_metrics(again.metrics)) == len(losses)
