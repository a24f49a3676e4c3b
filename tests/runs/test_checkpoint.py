"""What a run keeps is checked when it is read: nothing damaged is used, and nothing is lost."""

import dataclasses
import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.generation.sampling.sampler import missing
from reverie.models.calibration import Calibration
from reverie.runs.calibration import CALIBRATION
from reverie.runs.checkpoint import MODEL, OPTIMISER, prune_checkpoints, save_checkpoint
from reverie.runs.files import read_corpus_record, write_corpus_record
from reverie.runs.metrics import append_metrics, read_metrics
from reverie.runs.run import Run
from reverie.runs.settings import GenerationDefaults, Recipe
from reverie.runs.states import CHECKPOINTS, STATE, list_checkpoints, read_state
from reverie.storage import file_sha256
from reverie.training import trainer
from reverie.training.optimiser import build_optimiser
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.conftest import SMALL

JUDGED = (
    "judged_epoch", "judged_seconds",
    "nearest_judged_epoch", "nearest_judged_distance",
    "best_judged_epoch", "best_judged_distance", "best_judged_copies",
)  # fmt: skip
OLD = (
    *JUDGED,
    "optimizer_sha256", "frames_sha256", "best_measured_epoch", "best_measured_loss",
    "best_saved_epoch", "best_saved_loss",
    "model_sha256", "calibration_sha256", "format_version",
)  # fmt: skip


def longer(epochs: int = 7) -> Recipe:
    return load_recipe("paper", [*SMALL, f"training.epochs={epochs}"])


@pytest.fixture(scope="module")
def trained(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of six epochs that kept the third; copied before it is damaged."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    return train(corpus_folder, load_recipe("paper", SMALL), folder, quiet=True).folder


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Run:
    shutil.copytree(trained, tmp_path / "run")
    return Run.open(tmp_path / "run")


def change(path: Path, **values: Any) -> None:
    """Change keys of a JSON file; those that become `...` are removed."""
    read = json.loads(path.read_text()) | values
    path.write_text(json.dumps({key: one for key, one in read.items() if one is not ...}))


def zero_half(path: Path) -> None:
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(content[:half] + bytes(len(content) - half))


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [zero_half, flip_a_bit, Path.unlink])
@pytest.mark.parametrize("name", [MODEL, OPTIMISER, "frames.safetensors"])
def test_what_is_not_what_was_saved_is_refused(
    run: Run, corpus_folder: Path, name: str, damage: Callable[[Path], None]
) -> None:
    newest = run.find_checkpoint("6")
    path = run.statistics if name == "frames.safetensors" else newest / name
    damage(path)
    wanted = f"{path} cannot be loaded"
    if name == MODEL:
        with pytest.raises(ReverieError, match=wanted):
            run.load_model(newest)
    if name == "frames.safetensors":
        with pytest.raises(ReverieError, match=wanted):
            run.representation()
        if not path.exists():
            return
    with pytest.raises(ReverieError, match=wanted):
        train(corpus_folder, longer(), run.folder, quiet=True)


def test_the_frames_are_made_again_or_not_at_all(run: Run, corpus_folder: Path) -> None:
    before = run.statistics.read_bytes()
    run.statistics.unlink()
    train(corpus_folder, longer(), run.folder, quiet=True)
    assert run.statistics.read_bytes() == before
    run.statistics.unlink()
    change(run.folder / "config.json", frames_sha256="0" * 64)
    with pytest.raises(ReverieError, match="is lost, and what this version would make"):
        train(corpus_folder, longer(8), run.folder, quiet=True)
    assert not run.statistics.exists()


def test_a_damaged_checkpoint_is_left_to_a_person_and_the_one_before_goes_on(
    run: Run, corpus_folder: Path, tmp_path: Path
) -> None:
    newest = run.find_checkpoint("6")
    whole = {path.name: path.read_bytes() for path in newest.iterdir()}
    zero_half(newest / MODEL)
    with pytest.raises(ReverieError, match=f"move {newest} .* resumes from epoch-00003"):
        train(corpus_folder, longer(6), run.folder, quiet=True)
    newest.rename(run.checkpoints / "epoch-00006.damaged")
    train(corpus_folder, longer(6), run.folder, quiet=True)
    for name in (MODEL, OPTIMISER):
        assert (newest / name).read_bytes() == whole[name]
    assert (run.checkpoints / "epoch-00006.damaged" / MODEL).is_file()
    for path in run.checkpoints.iterdir():
        path.rename(tmp_path / path.name)
    (tmp_path / "epoch-00003").rename(run.checkpoints / "epoch-00003")
    (run.find_checkpoint() / STATE).unlink()
    with pytest.raises(ReverieError, match=r"state\.json is missing.* then begins anew"):
        train(corpus_folder, longer(6), run.folder, quiet=True)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"epoch": ...}, "it has lost epoch"),
        ({"step": ...}, "it has lost step"),
        ({"best_saved_epoch": ...}, "it has lost best_saved_epoch"),
        ({"best_measured_loss": ...}, "it has lost best_measured_loss"),
        ({"judged_epoch": ...}, "it has lost judged_epoch"),
        ({"judged_epoch": 9}, "comes after epoch 6"),
        ({"best_judged_epoch": 9}, "comes after epoch 6"),
        ({"judged_seconds": -1}, "judged_seconds"),
        ({"epoch": 0}, "epoch"),
        (
            {"epoch": 5, "best_saved_epoch": 5, "best_measured_epoch": 5},
            "is of epoch-00005, and lies in",
        ),
        ({"epoch": "6"}, "epoch: input should be a valid integer"),
        ({"epoch": 6.5}, "epoch: "),
        ({"epoch": -6}, "epoch: "),
        ({"loss_count": -1}, "loss_count: "),
        ({"epoch": None}, "epoch: "),
        ({"epoch": True}, "epoch: "),
        ({"epoch": 10**30}, "epoch: "),
        ({"step": 2}, "2 steps cannot have had 0 sequences"),
        ({"loss_count": 3, "loss_sum": 1.0}, "0 steps cannot have had 3 sequences"),
        ({"best_saved_epoch": 9}, "comes after epoch 6"),
        ({"seconds": -1}, "seconds"),
        ({"seconds": []}, "seconds"),
        ({"loss_sum": "x"}, "loss_sum"),
        ({"model_sha256": "x"}, "model_sha256"),
    ],
)
def test_a_state_that_cannot_be_is_named_and_training_never_begins_anew(
    run: Run, corpus_folder: Path, changed: dict[str, Any], named: str
) -> None:
    newest = run.find_checkpoint("6")
    change(newest / STATE, **changed)
    figures = run.metrics.read_bytes()
    for use in (
        lambda: run.load_model(newest),
        lambda: run.find_checkpoint("best"),
        lambda: train(corpus_folder, longer(), run.folder, quiet=True),
    ):
        with pytest.raises(ReverieError, match=rf"state\.json is damaged: .*{named}"):
            use()
    assert run.metrics.read_bytes() == figures


def test_runs_of_older_versions_open_with_what_they_have(run: Run, corpus_folder: Path) -> None:
    for path in list_checkpoints(run.folder):
        state = read_state(path)
        best: dict[str, Any] = {"best_epoch": state.best_saved_epoch}
        best["best_loss"] = state.best_saved_loss
        change(path / STATE, **dict.fromkeys(OLD, ...), **best)
        (path / CALIBRATION).unlink()
    change(run.folder / "config.json", frames_sha256=...)
    change(run.folder / "corpus.json", relative=...)
    old = Run.open(run.folder)
    assert old.load_model(old.find_checkpoint("best")).step_frames == 1
    assert old.representation().spec.width == 500
    again = train(corpus_folder, longer(), run.folder, quiet=True)
    assert Run.open(again.folder).frames_sha256 == file_sha256(again.statistics)
    assert read_state(again.find_checkpoint()).optimizer_sha256


def test_states_from_before_clips_were_judged_are_read(run: Run) -> None:
    newest = run.find_checkpoint()
    wanted = read_state(newest)
    change(newest / STATE, **dict.fromkeys(JUDGED, ...), format_version=2)
    assert read_state(newest) == wanted


def test_states_in_which_the_nearest_was_the_best_are_read(run: Run) -> None:
    newest = run.find_checkpoint()
    gone = dict.fromkeys(["nearest_judged_epoch", "nearest_judged_distance"], ...)
    told = {"judged_epoch": 5, "best_judged_epoch": 4, "best_judged_distance": 3.0}
    change(newest / STATE, **gone, **told, format_version=3)
    found = read_state(newest).progress
    assert (found.nearest_judged_epoch, found.nearest_judged_distance) == (4, 3.0)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("hashed", [True, False])
def test_weights_that_are_no_numbers_are_named(run: Run, value: float, hashed: bool) -> None:
    newest = run.find_checkpoint("6")
    weights = load_file(newest / MODEL)
    weights["core.layer1.weight_hidden"].view(-1)[7] = value
    save_file(weights, newest / MODEL)
    if hashed:
        change(newest / STATE, model_sha256=file_sha256(newest / MODEL))
    with pytest.raises(ReverieError, match=r"no numbers in core\.layer1\.weight_hidden"):
        run.load_model(newest)


def test_no_checkpoint_is_written_of_weights_that_are_no_numbers(
    run: Run, recipe: Recipe, tmp_path: Path
) -> None:
    model = run.load_model(run.find_checkpoint("6"))
    optimiser = build_optimiser(model, recipe)
    progress = read_state(run.find_checkpoint("6")).progress
    with torch.no_grad():
        model.get_parameter("head.linear.bias")[0] = float("nan")
    with pytest.raises(ReverieError, match=r"no numbers, in head\.linear\.bias"):
        save_checkpoint(tmp_path / "kept", model, optimiser, progress, Calibration())
    assert not (tmp_path / "kept").exists()


def test_large_numbers_are_numbers(run: Run, recipe: Recipe, tmp_path: Path) -> None:
    model = run.load_model(run.find_checkpoint("6"))
    optimiser = build_optimiser(model, recipe)
    with torch.no_grad():
        model.get_parameter("head.linear.bias").fill_(3e38)
    progress = read_state(run.find_checkpoint("6")).progress
    assert (save_checkpoint(tmp_path, model, optimiser, progress, Calibration()) / MODEL).is_file()


def test_a_held_out_loss_that_is_no_number_is_said(
    corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer, "measure", lambda *_: (float("inf"), Calibration()))
    with pytest.raises(ReverieError, match="no longer a number"):
        train(corpus_folder, load_recipe("paper", SMALL), tmp_path / "run", quiet=True)


def test_a_model_of_other_sizes_is_refused_before_memory_is_taken(run: Run) -> None:
    settings = dataclasses.replace(run.recipe.model, hidden=1 << 16)
    huge = dataclasses.replace(run, recipe=dataclasses.replace(run.recipe, model=settings))
    with pytest.raises(ReverieError, match=r"in the model of config\.json"):
        huge.load_model(run.find_checkpoint("6"))
    settings = dataclasses.replace(run.recipe.model, architecture="stacked")
    other = dataclasses.replace(run, recipe=dataclasses.replace(run.recipe, model=settings))
    with pytest.raises(ReverieError, match=r"core\.layer2.* is only in the model of config.json"):
        other.load_model(run.find_checkpoint("6"))


def test_weights_of_other_frames_are_refused(run: Run, corpus_folder: Path, tmp_path: Path) -> None:
    told = [*SMALL, "frames.normalisation=global", "training.epochs=1", "training.keep_epochs=[]"]
    other = train(corpus_folder, load_recipe("paper", told), tmp_path / "other", quiet=True)
    shutil.copytree(other.find_checkpoint("1"), run.checkpoints / "epoch-00001")
    with pytest.raises(ReverieError, match="belongs to other frames"):
        run.load_model(run.find_checkpoint("1"))


def test_names_sort_by_age_whatever_their_length(tmp_path: Path) -> None:
    names = ["epoch-00002", "epoch-00002-step-00001", "epoch-99999", "epoch-100000"]
    for name in [*reversed(names), "epoch-00003.old", "other", "epoch-3"]:
        (tmp_path / CHECKPOINTS / name).mkdir(parents=True)
    assert [path.name for path in list_checkpoints(tmp_path)] == names


def test_only_the_newest_and_those_to_keep_are_left(tmp_path: Path) -> None:
    names = ["epoch-00001", "epoch-00002", "epoch-00003", "epoch-00004", "epoch-00004-step-00002"]
    for name in names:
        (tmp_path / CHECKPOINTS / name).mkdir(parents=True)
    prune_checkpoints(tmp_path, {2, 9})
    assert [path.name for path in list_checkpoints(tmp_path)] == [names[1], names[4]]


def test_weights_of_another_kind_of_numbers_are_named(run: Run) -> None:
    newest = run.find_checkpoint("6")
    weights = load_file(newest / MODEL)
    name = next(iter(weights))
    save_file(weights | {name: weights[name].to(torch.int64)}, newest / MODEL)
    change(newest / STATE, model_sha256=file_sha256(newest / MODEL))
    with pytest.raises(ReverieError, match=f"{name} holds int64, and the model has float32"):
        run.load_model(newest)


@pytest.mark.parametrize("stored", [[1, 2], {"a": 1}, {3: torch.zeros(1)}, torch.zeros(2)])
def test_an_optimiser_that_holds_other_things_is_named(
    run: Run, corpus_folder: Path, stored: object
) -> None:
    newest = run.find_checkpoint("6")
    torch.save(stored, newest / OPTIMISER)
    change(newest / STATE, optimizer_sha256=file_sha256(newest / OPTIMISER))
    with pytest.raises(ReverieError, match="it holds other things than mean squares"):
        train(corpus_folder, longer(), run.folder, quiet=True)


def test_a_damaged_corpus_is_refused_before_anything_is_learnt(
    corpus_folder: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(corpus_folder, tmp_path / "corpus"))
    flip_a_bit(copy / "shards" / "00000.pcm")
    with pytest.raises(ReverieError, match="is damaged"):
        train(copy, longer(), tmp_path / "run", quiet=True)
    assert not (tmp_path / "run").exists()


def test_a_corpus_json_that_is_not_of_its_hash_is_damaged(run: Run) -> None:
    path = run.folder / "corpus.json"
    change(path, rate_hz=16000)
    with pytest.raises(ReverieError, match=r"corpus\.json is damaged"):
        Run.open(run.folder)


def test_of_very_many_recordings_the_hash_alone_is_kept(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reverie.runs.files.MOST_LISTED", 4)
    write_corpus_record(tmp_path, corpus)
    about = read_corpus_record(tmp_path)
    assert about.recordings == ()
    assert (about.unlisted, about.content_hash) == (5, corpus.content_hash)


@pytest.mark.parametrize("changed", [{"recipe": []}, {"made_on": ...}, {"extra": 1}])
def test_a_config_is_read_strictly(run: Run, changed: dict[str, Any]) -> None:
    change(run.folder / "config.json", **changed)
    with pytest.raises(ReverieError, match=r"config\.json is damaged"):
        Run.open(run.folder)


def test_figures_are_read_strictly_and_only_a_torn_end_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    for epoch in (1, 2, 3):
        append_metrics(
            path, {"epoch": epoch, "train_loss": 1.0, "held_out_loss": None, "seconds": 2.0}
        )
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines)[:-20])
    assert [line["epoch"] for line in read_metrics(path)] == [1, 2]
    for broken in (lines[1][:-20] + b"\n", b"[]\n", lines[1].replace(b"1.0", b"NaN"), lines[0]):
        path.write_bytes(lines[0] + broken + lines[2])
        with pytest.raises(ReverieError, match="damaged in line 2"):
            read_metrics(path)


def test_a_checkpoint_before_the_first_measure_has_what_sampling_needs(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before held-out music is due: guards and spread are there all the same."""
    coded = [
        "frames.transform=codes",
        "frames.n_codebooks=2",
        "frames.codebook_size=8",
        "frames.n_components=6",
        "generation.temperature=1",
        "training.held_out_every_epochs=5",
        "training.keep_epochs=[]",
    ]
    step = trainer.train_step

    def stopping(*arguments: Any) -> float:
        loss = step(*arguments)
        os.kill(os.getpid(), signal.SIGINT)
        return loss

    monkeypatch.setattr(trainer, "train_step", stopping)
    for number, kind in enumerate(([], coded)):
        recipe = load_recipe("paper", [*SMALL, *coded[4:], *kind])
        folder = tmp_path / str(number)
        with pytest.raises(KeyboardInterrupt, match="stopped after 0 of"):
            train(corpus.folder, recipe, folder, quiet=True)
        run = Run.open(folder)
        trained = run.load(run.find_checkpoint())
        model, wanted = trained.model, recipe.generation
        assert missing(model, wanted, trained.calibration) == ""
        assert "before held-out music was measured" in missing(model, wanted, Calibration())
        assert missing(model, GenerationDefaults(guard=False), Calibration()) == ""
        fast = GenerationDefaults(guard=False, bpm=180)
        assert "has not learnt the beat" in missing(model, fast, Calibration())
