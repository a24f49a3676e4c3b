"""A run that is begun from another: with its weights and codec, and by itself from then on."""

import dataclasses
import shutil
import threading
from pathlib import Path

import pytest
from safetensors.torch import load_file

import reverie
from reverie.errors import ReverieError
from reverie.runs.checkpoint import MODEL, OPTIMISER
from reverie.runs.states import list_checkpoints, read_state
from reverie.training.pretrained import Pretrained
from tests.api.making import SMALL_CODES
from tests.conftest import RATE_HZ
from tests.music import write_recordings

ONE = {"training.epochs": 1, "training.keep_epochs": []}


@pytest.fixture(scope="module")
def parent(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> reverie.Run:
    """A run over codes that others are begun from."""
    folder = tmp_path_factory.mktemp("parents") / "tunes"
    return reverie.train(corpus_folder, "codes", folder, SMALL_CODES)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another corpus, of the same rate."""
    folder = tmp_path_factory.mktemp("other")
    write_recordings(folder / "recordings", 3, 4.0, RATE_HZ)
    return reverie.prepare(folder / "recordings", folder / "corpus", rate_hz=RATE_HZ).folder


@pytest.fixture(scope="module")
def tuned(
    parent: reverie.Run, other: Path, tmp_path_factory: pytest.TempPathFactory
) -> reverie.Run:
    """A run of two epochs on that corpus, begun from the parent's folder."""
    out = tmp_path_factory.mktemp("tuned") / "run"
    return reverie.train(other, None, out, init_from=parent.folder)


def contents(run: reverie.Run) -> dict[str, bytes]:
    """Weights, optimisers and frames."""
    found = {
        f"{folder.name}/{name}": (folder / name).read_bytes()
        for folder in list_checkpoints(run.folder)
        for name in (MODEL, OPTIMISER)
    }
    return found | {"frames": run.opened.statistics.read_bytes()}


def stopped_early(corpus: Path, folder: Path, parent: Path) -> reverie.Run:
    """Begin a run from `parent`, and stop it after its first epoch."""
    stop = threading.Event()
    return reverie.train(
        corpus, None, folder, init_from=parent, on_epoch=lambda _: stop.set(), stop=stop
    )


def test_it_begins_with_the_parents_weights_and_codec(
    parent: reverie.Run, tuned: reverie.Run, other: Path, tmp_path: Path
) -> None:
    checkpoint = parent.opened.find_checkpoint("best")
    assert tuned.opened.statistics.read_bytes() == parent.opened.statistics.read_bytes()
    assert tuned.opened.initial_weights.read_bytes() == (checkpoint / MODEL).read_bytes()
    still = {**ONE, "training.learning_rate": 1e-30, "training.ema_decay": 0.0}
    unmoved = reverie.train(other, None, tmp_path / "still", still, init_from=parent)
    before, after = (
        load_file(run.opened.find_checkpoint("best") / MODEL) for run in (parent, unmoved)
    )
    assert before.keys() == after.keys()
    assert all(value.allclose(after[name]) for name, value in before.items())


def test_it_says_what_it_was_begun_from(parent: reverie.Run, tuned: reverie.Run) -> None:
    state = read_state(parent.opened.find_checkpoint("best"))
    told = reverie.load(tuned.folder).opened.parent
    assert told
    assert (told.name, told.checkpoint, told.parent) == ("tunes", "epoch-00002", None)
    assert told.model_sha256 == state.model_sha256
    assert told.corpus_hash == parent.opened.corpus_hash
    assert tuned.recipe == parent.recipe


def test_stopped_and_without_its_parent_it_ends_with_the_same_bytes(
    parent: reverie.Run, tuned: reverie.Run, other: Path, tmp_path: Path
) -> None:
    gone = Path(shutil.copytree(parent.folder, tmp_path / "tunes"))
    stopped = stopped_early(other, tmp_path / "run", gone)
    assert stopped.epochs == 1
    shutil.rmtree(gone)
    resumed = reverie.train(other, None, tmp_path / "run", init_from=gone)
    assert contents(resumed) == contents(tuned)
    losses = [[(m["epoch"], m["train_loss"]) for m in one.metrics] for one in (resumed, tuned)]
    assert losses[0] == losses[1]


def test_killed_before_its_first_checkpoint_it_needs_its_parent_no_more(
    parent: reverie.Run, tuned: reverie.Run, other: Path, tmp_path: Path
) -> None:
    gone = Path(shutil.copytree(parent.folder, tmp_path / "tunes"))
    folder = tmp_path / "run"
    stopped_early(other, folder, gone)
    shutil.rmtree(gone)
    shutil.rmtree(folder / "checkpoints")
    (folder / "metrics.jsonl").unlink()
    again = reverie.train(other, None, folder, init_from=gone)
    assert contents(again) == contents(tuned)


def test_from_an_exported_folder_it_is_the_same_and_its_card_names_it(
    parent: reverie.Run, tuned: reverie.Run, other: Path, tmp_path: Path
) -> None:
    folder = parent.export("folder", tmp_path / "model", licence="cc0-1.0").path
    run = reverie.train(other, None, tmp_path / "run", init_from=folder)
    assert contents(run) == contents(tuned)
    assert run.opened.parent
    assert run.opened.parent.licence == "cc0-1.0"
    card = (run.export("folder").path / "README.md").read_text()
    assert 'base_model: "tunes"' in card
    assert run.opened.parent.model_sha256 in card
    assert "It was given under cc0-1.0." in card
    grandchild = reverie.train(
        other, None, tmp_path / "third", ONE, init_from=tmp_path / "run-model"
    )
    above = grandchild.opened.parent
    assert above
    assert above.parent == run.opened.parent


def test_a_recipe_that_is_named_brings_its_training_alone(
    parent: reverie.Run, other: Path, tmp_path: Path
) -> None:
    changes = {**ONE, "training.sequence_seconds": 0.25, "model.input_dropout": 0.1}
    run = reverie.train(other, "paper", tmp_path / "run", changes, init_from=parent)
    assert run.recipe.frames == parent.recipe.frames
    assert run.recipe.model == dataclasses.replace(parent.recipe.model, input_dropout=0.1)
    assert run.recipe.training.batch_size == 5


def test_what_does_not_fit_is_refused(parent: reverie.Run, other: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with pytest.raises(ReverieError, match=r"model\.hidden = 12, which its weights depend on"):
        reverie.train(other, None, out, hidden=13, init_from=parent)
    with pytest.raises(ReverieError, match=r"frames\.n_codebooks"):
        reverie.estimate(other, None, out, n_codebooks=2, init_from=parent)
    with pytest.raises(ReverieError, match="nowhere is not a folder"):
        reverie.train(other, None, out, init_from=tmp_path / "nowhere")
    assert not out.exists()


def test_other_rates_and_channels_are_refused(parent: reverie.Run, other: Path) -> None:
    run, corpus = parent.opened, reverie.open_corpus(other).opened
    checkpoint = run.find_checkpoint()
    faster = Pretrained(dataclasses.replace(run, rate_hz=44100), checkpoint)
    with pytest.raises(ReverieError, match=r"44100 Hz.* has 8000 Hz.*prepare --rate 44100"):
        faster.require_fitting(run.recipe, corpus)
    frames = dataclasses.replace(run.recipe.frames, channels="each")
    recipe = dataclasses.replace(run.recipe, frames=frames)
    wider = Pretrained(dataclasses.replace(run, recipe=recipe), checkpoint)
    with pytest.raises(ReverieError, match=r"stereo music.* is mono.*prepare --stereo"):
        wider.require_fitting(recipe, corpus)


def test_a_run_that_was_begun_otherwise_is_not_continued(
    parent: reverie.Run, tuned: reverie.Run, other: Path, tmp_path: Path
) -> None:
    with pytest.raises(ReverieError, match=r"other weights than those of run: tunes's"):
        reverie.train(other, parent.recipe, tuned.folder, init_from=tuned)
    reverie.train(other, parent.recipe, tmp_path / "drawn", ONE)
    with pytest.raises(ReverieError, match="other weights than those of tunes: random ones"):
        reverie.train(other, None, tmp_path / "drawn", ONE, init_from=parent)
    with pytest.raises(ReverieError, match="nowhere is not a folder"):
        reverie.train(other, None, tmp_path / "drawn", ONE, init_from=tmp_path / "nowhere")


def test_what_a_killed_beginning_left_is_no_other_run(
    parent: reverie.Run, other: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    pretrained = Pretrained(parent.opened, parent.opened.find_checkpoint())
    folder.mkdir()
    pretrained.copy_into(folder)
    with pytest.raises(ReverieError, match="holds other files and no run"):
        reverie.train(other, parent.recipe, folder, ONE)
    begun = reverie.train(other, None, folder, ONE, init_from=parent)
    assert begun.opened.parent == pretrained.parent


def test_where_it_goes_if_nothing_is_said(
    parent: reverie.Run, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(other.parent)
    run = reverie.train("corpus", None, None, ONE, init_from=parent)
    assert run.folder == Path("corpus-tunes")
    assert reverie.load(run.folder).generate(seconds=0.2, count=1)


def test_a_number_of_codes_that_follows_the_recordings_is_the_parents(
    parent: reverie.Run, other: Path, tmp_path: Path
) -> None:
    follows = {**ONE, "frames.n_codebooks": 0}
    run = reverie.train(other, None, tmp_path / "run", follows, init_from=parent)
    assert run.recipe.frames.n_codebooks == parent.recipe.frames.n_codebooks == 3
    assert reverie.load(run.folder).recipe == run.recipe
    assert run.opened.statistics.read_bytes() == parent.opened.statistics.read_bytes()
