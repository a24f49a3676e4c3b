"""A whole experiment on small tunes: complete, exact, resumable, and fair."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
import soundfile

from reverie.errors import ReverieError
from reverie.experiment import pieces
from reverie.experiment.plan import recipe_of, stops_minutes
from reverie.experiment.protocol import Experiment, run_experiment
from reverie.experiment.report import write_report
from reverie.experiment.settings import ExperimentSettings
from reverie.listening.folder import ListeningTest
from reverie.listening.outcome import outcome
from reverie.listening.settings import ListeningSettings
from reverie.runs.metrics import read_metrics
from reverie.runs.states import list_checkpoints, read_progress
from reverie.settings import build
from tests.experiment.making import MODELS, SETTINGS, SMALL, tables
from tests.listening.making import answer_all


def test_everything_is_there(done: Experiment) -> None:
    assert [one.model for one in done.results] == list(MODELS)
    assert not done.failed
    for one in done.results:
        assert sorted(one.selection_losses) == [1, 2, 3, 4]
        assert one.selection_losses[one.chosen_epoch] == min(one.selection_losses.values())
        for epoch in (1, 2, 3, 4):
            clips = done.folder / "clips" / one.model / f"epoch-{epoch:05d}"
            assert len(list(clips.glob("*.wav"))) == len(list(clips.glob("*.json"))) == 2
        for clip in one.clips:
            pooled = done.folder / "pool" / one.model / clip.name
            told = json.loads(pooled.with_suffix(".json").read_text())
            kept = clip.end_seconds - clip.start_seconds
            assert soundfile.info(pooled).duration == pytest.approx(kept, abs=1e-3)
            assert told["trim"]["start_seconds"] == pytest.approx(clip.start_seconds, abs=1e-3)
            assert told["epoch"] == one.chosen_epoch


def test_checkpoints_are_not_chosen_by_what_is_heard(done: Experiment) -> None:
    selection = {one.path for one in done.held_out.selection}
    prompts = {one.path for one in done.held_out.prompts}
    assert selection
    assert prompts
    assert not selection & prompts
    for told in (done.folder / "clips").rglob("*.json"):
        assert json.loads(told.read_text())["prompt"]["recording"] in prompts


def test_every_model_goes_on_from_the_same_seeds(done: Experiment) -> None:
    found = {
        model: [
            json.loads(one.read_text())["prompt"]["recording"]
            for one in sorted((done.folder / "clips" / model / "epoch-00001").glob("*.json"))
        ]
        for model in MODELS
    }
    assert found["bilinear"] == found["blocks"]


def test_the_report_has_every_model_and_claim(done: Experiment) -> None:
    page = (done.folder / "report.html").read_text()
    text = (done.folder / "report.md").read_text()
    for model in MODELS:
        assert f'id="model-{model}"' in page
        assert f"| {model} |" in text
        assert (done.folder / "figures" / f"{model}.png").read_bytes().startswith(b"\x89PNG")
    assert page.count("too short to judge") == text.count("**too short to judge**") == 7
    assert "Trained for 4 epochs; claims are judged from 20 on." in text
    for said in ("beats the baseline", "Bilinear is best", "Convolution trains faster"):
        assert said in page
        assert said in text
    assert "Listeners" in page
    assert (done.folder / "figures" / "training-loss.svg").read_text().startswith("<svg")


def test_a_second_call_does_nothing_again(ten: Path, done: Experiment) -> None:
    before = {path: path.stat().st_mtime_ns for path in done.folder.rglob("*.wav")}
    again = run_experiment(ten, done.folder, SETTINGS, quiet=True)
    assert again.results == done.results
    assert {path: path.stat().st_mtime_ns for path in done.folder.rglob("*.wav")} == before


def test_one_model_may_fail(
    ten: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: Experiment
) -> None:
    really = pieces.train

    def failing(*arguments: object, **options: object) -> object:
        if arguments[1].model.architecture == "bilinear":  # pyright: ignore
            raise ReverieError("the loss is no longer a number", "Lower it.")
        return really(*arguments, **options)  # pyright: ignore

    with monkeypatch.context() as patch:
        patch.setattr(pieces, "train", failing)
        half = run_experiment(ten, tmp_path / "e", SETTINGS, quiet=True)
        assert "no longer a number" in half.failed["bilinear"]
        assert "bilinear failed" in write_report(half).read_text()
    whole = run_experiment(ten, tmp_path / "e", SETTINGS, quiet=True)
    write_report(whole)
    assert tables(tmp_path / "e") == tables(done.folder)


def test_listeners_scores_are_taken_and_a_rehearsals_never(
    done: Experiment, tmp_path: Path
) -> None:
    folder = tmp_path / "e"
    shutil.copytree(done.folder, folder)
    rated = dataclasses.replace(done, folder=folder)
    sources = sorted((folder / "pool").iterdir())
    for rehearsal in (True, False):
        settings = ListeningSettings(
            participants=2, clips=4, seconds=1, shortest_seconds=0.5, practice=0, attention=0,
            repeats=0, anchors=0, rehearsal=rehearsal, anchors_in_order=False,
        )  # fmt: skip
        assert [one.name for one in sources] == sorted(MODELS)
        test = ListeningTest.make([folder], folder / "listening", settings, quiet=True)
        answer_all(test, {"bilinear": 4})
        outcome(test).write(test.folder)
        write_report(rated)
        rows = json.loads((folder / "tables.json").read_text())["models"]
        found = {one["model"]: one["listeners"] and one["listeners"]["mean"] for one in rows}
        if rehearsal:
            assert found == {"bilinear": None, "blocks": None}
            assert "4.00" not in (folder / "report.md").read_text()
            shutil.rmtree(folder / "listening")
        else:
            assert found == {"bilinear": 4.0, "blocks": 2.0}
            assert "| 4.00 (4.00 to 4.00) |" in (folder / "report.md").read_text()


def test_another_experiment_is_not_mixed_in(ten: Path, done: Experiment) -> None:
    with pytest.raises(ReverieError, match=r"begun with clips = 2, not 3"):
        run_experiment(ten, done.folder, dataclasses.replace(SETTINGS, clips=3), quiet=True)


def test_a_corpus_with_one_held_out_is_refused(corpus_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match="needs two"):
        run_experiment(corpus_folder, tmp_path / "e", SETTINGS, quiet=True)


def test_equal_time_stops_at_the_same_shares(ten: Path, tmp_path: Path) -> None:
    settings = dataclasses.replace(SETTINGS, budget="time", minutes=0.03, models=("gruv",))
    assert stops_minutes(settings) == pytest.approx([0.0075, 0.015, 0.0225, 0.03])
    found = run_experiment(ten, tmp_path / "e", settings, quiet=True)
    (one,) = found.results
    lines = read_metrics(found.run_of("gruv").metrics)
    stops = [
        next(line["epoch"] for line in lines if line["seconds"] >= 60 * minutes)
        for minutes in stops_minutes(settings)
    ]
    assert sorted(one.selection_losses) == sorted(set(stops))
    kept = list_checkpoints(found.run_of("gruv").folder)
    assert {int(path.name[-5:]) for path in kept} >= set(stops)
    again = run_experiment(ten, tmp_path / "e", settings, quiet=True)
    assert again.results == found.results


def test_successors_are_compared_over_one_time_by_their_best_epoch(
    ten: Path, tmp_path: Path
) -> None:
    settings = ExperimentSettings(
        protocol="variants",
        scale="smoke",
        budget="time",
        minutes=0.05,
        models=("gruv", "adversarial-gruv", "codes-gruv"),
        clips=2,
        seconds=1.0,
        overrides=(
            *SMALL,
            "frames.n_codebooks=2",
            "frames.codebook_size=8",
            "model.head_width=8",
        ),
    )
    found = run_experiment(ten, tmp_path / "e", settings, quiet=True)
    page = write_report(found).read_text()
    assert not found.failed
    for one in found.results:
        run = found.run_of(one.model)
        last = read_progress(run.find_checkpoint())
        assert set(one.selection_losses) == {last.epoch, last.best_saved_epoch}
        judged = run.recipe.model.adversary != "none"
        assert judged == (one.model == "adversarial-gruv")
        assert run.recipe.training.keep_best != judged
        assert one.speed
        assert len(list((tmp_path / "e" / "clips" / one.model).iterdir())) == 1
        assert f'id="model-{one.model}"' in page
    told = json.loads((tmp_path / "e" / "tables.json").read_text())
    assert all(one["judged"]["mmd"] is not None for one in told["models"])
    names = {path.name for path in (tmp_path / "e" / "figures").glob("*.svg")}
    assert names == {
        "training-loss.svg",
        "held-out-loss.svg",
        "training-adversarial-loss.svg",
        "held-out-adversarial-loss.svg",
        "training-likelihood.svg",
        "held-out-likelihood.svg",
    }
    assert "What the paper claims" not in page
    assert "What the paper claims" not in (tmp_path / "e" / "report.md").read_text()


def test_equal_operations_scale_the_epochs() -> None:
    settings = ExperimentSettings(scale="desk", budget="operations")
    base, wide = (recipe_of(settings, model, 8000).training for model in ("baseline", "conv"))
    assert base.epochs == 120
    assert wide.epochs < 60
    assert len(wide.keep_epochs) == 4
    assert max(wide.keep_epochs) == wide.epochs


def test_bad_settings_are_named() -> None:
    with pytest.raises(ReverieError, match=r"models has no 'transformer'"):
        build(ExperimentSettings, {"models": ["gruv", "transformer"]}, "experiment")
    with pytest.raises(ReverieError, match=r"models has no 'codes-gruv'"):
        build(ExperimentSettings, {"models": ["codes-gruv"]}, "experiment")
    with pytest.raises(ReverieError, match="budget must be time"):
        build(ExperimentSettings, {"protocol": "variants"}, "experiment")
