"""A run, as scripts hold it: trained, watched, stopped, loaded."""

import threading
from pathlib import Path
from typing import Any

import pytest

import reverie
from reverie.api.run import Run
from reverie.api.training import default_run_folder
from reverie.runs.checkpoint import MODEL, OPTIMISER
from reverie.runs.states import list_checkpoints
from reverie.training.observers import Epoch, Step
from reverie.training.recipe import load_recipe
from tests.api.making import SMALL_FRAMES
from tests.music import write_recordings


def contents(run: Run) -> dict[str, bytes]:
    """Weights and optimiser of each checkpoint."""
    return {
        f"{folder.name}/{name}": (folder / name).read_bytes()
        for folder in list_checkpoints(run.folder)
        for name in (MODEL, OPTIMISER)
    }


def test_what_a_run_tells(run: Run, corpus_folder: Path) -> None:
    assert run.recipe.model.hidden == 12
    assert run.rate_hz == 8000
    assert run.epochs == 6
    assert run.checkpoints == ["epoch-00003", "epoch-00006"]
    assert [one["epoch"] for one in run.metrics] == [1, 2, 3, 4, 5, 6]
    assert run.metrics[-1]["train_loss"] < run.metrics[0]["train_loss"]
    assert run.corpus.recordings == reverie.open_corpus(corpus_folder).recordings
    assert repr(run).startswith(f"Run {run.folder}: baseline, hidden 12, ")
    assert repr(run).endswith(", 6 epochs")


def test_whoever_watches_is_told(
    corpus_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], run: Run
) -> None:
    steps: list[Step] = []
    epochs: list[Epoch] = []
    kept: list[Path] = []
    watched = reverie.train(
        str(corpus_folder),
        "paper",
        str(tmp_path / "run"),
        SMALL_FRAMES,
        on_step=steps.append,
        on_epoch=epochs.append,
        on_checkpoint=kept.append,
    )
    assert [one.epoch for one in epochs] == [1, 2, 3, 4, 5, 6]
    assert [one.steps for one in steps] == list(range(1, len(steps) + 1))
    assert [one.name for one in kept] == watched.checkpoints
    assert contents(watched) == contents(run), "watching changes nothing"
    assert capfd.readouterr() == ("", "")


def test_stopped_from_another_thread_and_resumed_it_ends_with_the_same_bytes(
    corpus_folder: Path, tmp_path: Path, run: Run
) -> None:
    stop, reached = threading.Event(), threading.Event()

    def when_reached() -> None:
        assert reached.wait(60)
        stop.set()

    def on_step(step: Step) -> None:
        if step.steps == 20:
            reached.set()
            assert stop.wait(60), "the step at hand waits, so that it is this one that is finished"

    other = threading.Thread(target=when_reached)
    other.start()
    folder = tmp_path / "run"
    stopped = reverie.train(
        corpus_folder, "paper", folder, SMALL_FRAMES, on_step=on_step, stop=stop
    )
    other.join()
    assert stopped.epochs < 6
    assert stopped.checkpoints
    resumed: list[int] = []
    ended = reverie.train(
        corpus_folder, "paper", folder, SMALL_FRAMES, on_step=lambda one: resumed.append(one.steps)
    )
    assert resumed[0] == 21
    assert contents(ended) == contents(run)
    losses = [[(m["epoch"], m["train_loss"]) for m in one.metrics] for one in (ended, run)]
    assert losses[0] == losses[1]


def test_a_stop_that_was_set_before_trains_nothing(corpus_folder: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    steps: list[Step] = []
    stopped = reverie.train(
        corpus_folder, "paper", tmp_path / "run", SMALL_FRAMES, on_step=steps.append, stop=stop
    )
    assert stopped.epochs == 0
    assert len(steps) <= 1


def test_recordings_are_prepared_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_recordings(tmp_path / "tunes", 3, 4.0, 8000)
    monkeypatch.chdir(tmp_path)
    trained = reverie.train("tunes", "paper", None, SMALL_FRAMES, epochs=1, keep_epochs=[])
    assert trained.folder == Path("tunes-corpus-paper")
    assert trained.corpus.folder.resolve() == tmp_path / "tunes-corpus"
    assert len(trained.corpus.recordings) == 3
    assert trained.epochs == 1


def test_a_recipe_may_be_a_name_a_file_or_itself(corpus_folder: Path, tmp_path: Path) -> None:
    small = {**SMALL_FRAMES, "training.epochs": 1, "training.keep_epochs": []}
    written = tmp_path / "mine.toml"
    written.write_text("[model]\nhidden = 9\n")
    by_file = reverie.train(corpus_folder, written, tmp_path / "a", {**small, "model.hidden": 9})
    itself = load_recipe("paper", {**small, "model.hidden": 9})
    as_value = reverie.train(corpus_folder, itself, tmp_path / "b", epochs=2)
    assert by_file.recipe.model.hidden == as_value.recipe.model.hidden == 9
    assert (by_file.epochs, as_value.epochs) == (1, 2)
    assert default_run_folder(Path("piano"), "codes") == Path("piano-codes")
    assert default_run_folder(Path("a/piano"), Path("b/mine.toml")) == Path("a/piano-mine")


def test_a_folder_of_a_checkpoint_takes_that_checkpoint(run: Run) -> None:
    assert reverie.load(run.folder).checkpoint == "best"
    assert reverie.load(str(run.folder)).epochs == 6
    third = reverie.load(run.folder / "checkpoints" / "epoch-00003")
    assert third.folder == run.folder
    assert third.checkpoint == "epoch-00003"
    (clip,) = third.generate(seconds=0.2, count=1)
    assert clip.provenance is not None
    assert clip.provenance.checkpoint == "epoch-00003"
    (other,) = third.generate(seconds=0.2, count=1, checkpoint="latest")
    assert other.provenance is not None
    assert other.provenance.checkpoint == "epoch-00006"


def test_errors_are_one_kind(run: Run, corpus_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(reverie.ReverieError, match="Did you mean hidden"):
        reverie.train(corpus_folder, "paper", tmp_path / "run", hiden=3)
    with pytest.raises(reverie.ReverieError, match="hidden"):
        reverie.train(corpus_folder, "paper", tmp_path / "run", hidden="wide")
    with pytest.raises(reverie.ReverieError, match="codes"):
        reverie.train(corpus_folder, "coded", tmp_path / "run")
    with pytest.raises(reverie.ReverieError):
        reverie.train(tmp_path / "nowhere", "paper", tmp_path / "run")
    with pytest.raises(reverie.ReverieError):
        reverie.load(tmp_path)
    with pytest.raises(reverie.ReverieError, match="Did you mean temperature"):
        run.generate(temprature=0.5)
    with pytest.raises(reverie.ReverieError, match="count"):
        run.generate(count=0)
    with pytest.raises(reverie.ReverieError, match="is no file"):
        run.generate(prompt="missing.wav")
    with pytest.raises(reverie.ReverieError, match="empty list"):
        run.generate(prompt=[])
    two: dict[str, Any] = {"count": 2}
    one: dict[str, Any] = {"seed": 1}
    told: list[tuple[dict[str, Any] | None, dict[str, Any]]] = [(None, two), (two, {}), (two, one)]
    for given, keywords in told:
        with pytest.raises(reverie.ReverieError, match=r"a\.wav is a file of one clip, and count"):
            run.generate(given, out=tmp_path / "a.wav", **keywords)
    assert not (tmp_path / "a.wav").exists()
