"""A whole search on small tunes: complete, exact, resumable, and never worse than the recipe."""

import dataclasses
import json
import shutil
import sys
from pathlib import Path

import pytest

from reverie.api.search import Search
from reverie.errors import ReverieError
from reverie.evaluation.checkpoint_judge import CheckpointJudge
from reverie.models.trained import TrainedModel
from reverie.runs.judgement import Judgement
from reverie.runs.run import Run
from reverie.training.recipe import load_recipe
from reverie.tuning.finals import Final
from reverie.tuning.report import TABLES, verdict
from reverie.tuning.trial import TrialResult
from tests.tuning.making import CHANGES, RANGES, SETTINGS, small_search

pytest.importorskip("optuna")


def tables(folder: Path) -> bytes:
    return (folder / TABLES).read_bytes()


def test_every_trial_is_a_run_and_the_recipe_comes_first(found: Search) -> None:
    assert [one.number for one in found.trials] == [0, 1, 2]
    assert found.trials[0].values == {name: CHANGES[name] for name in RANGES}
    for one in found.trials:
        run = Run.open(found.folder / "trials" / f"{one.number:04d}")
        assert run.recipe.model.hidden == one.values["model.hidden"]
        assert run.recipe.training.learning_rate == one.values["training.learning_rate"]
        assert sorted(one.judged) == [1, 2]
        assert run.find_checkpoint("best").name == f"epoch-{one.kept_epoch:05d}"
    frames = {path.read_bytes() for path in found.folder.glob("*/**/frames.safetensors")}
    assert len(frames) == 1, "learnt once"


def test_the_best_is_a_recipe_that_can_be_trained(found: Search) -> None:
    recipe = load_recipe(found.best)
    assert dataclasses.replace(recipe, description="") == dataclasses.replace(
        found.best_recipe, description=""
    )
    told = found.tables()
    finals = {one["trial"]: one["mean"] for one in told["finals"]}
    assert finals.keys() >= {0, told["best"]}
    assert finals[told["best"]] == min(finals.values()) <= finals[0]
    assert found.best_values == told["values"]


def test_the_page_shows_the_trials(found: Search) -> None:
    page = found.page.read_text()
    assert "A search of 3 trials" in page
    for one in found.trials:
        assert f"{one.score:.1f}" in page
    for name in RANGES:
        assert name in page
    assert str(found.best) in page


def test_a_second_call_does_nothing_again(tunes: Path, found: Search) -> None:
    before = {path: path.stat().st_mtime_ns for path in found.folder.glob("trials/*/*/*/*")}
    told = tables(found.folder)
    assert small_search(tunes, found.folder).trials == found.trials
    assert tables(found.folder) == told
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_stopped_in_the_midst_it_ends_with_the_same_tables(
    tunes: Path, found: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, count = CheckpointJudge.__call__, 0

    def judges(judge: CheckpointJudge, trained: TrainedModel, run: Run) -> Judgement:
        nonlocal count
        count += 1
        if count == 4:  # the second trial's last
            raise KeyboardInterrupt
        return really(judge, trained, run)

    with monkeypatch.context() as patch:
        patch.setattr(CheckpointJudge, "__call__", judges)
        with pytest.raises(KeyboardInterrupt):
            small_search(tunes, tmp_path / "s")
    assert [path.name for path in (tmp_path / "s" / "results").iterdir()] == ["0000.json"]
    small_search(tunes, tmp_path / "s")
    assert tables(tmp_path / "s") == tables(found.folder)


def test_a_search_may_go_on_with_more_trials_and_nothing_else(
    tunes: Path, found: Search, tmp_path: Path
) -> None:
    folder = tmp_path / "s"
    shutil.copytree(found.folder, folder)
    with pytest.raises(ReverieError, match=r"begun with batch = 2, not 3"):
        small_search(tunes, folder, settings={"batch": 3})
    more = small_search(tunes, folder, settings={"trials": 4, "minutes": 60})
    assert more.trials[:3] == found.trials
    # No time is left for a batch that is not done.
    less = small_search(tunes, folder, settings={"trials": 5, "minutes": 1e-6})
    assert len(less.trials) == 4


def test_a_trial_that_cannot_be_trained_ends_no_other(
    tunes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = CheckpointJudge.__call__

    def judges(judge: CheckpointJudge, trained: TrainedModel, run: Run) -> Judgement:
        if run.name == "0001":
            raise ReverieError("the loss is no longer a number.", "Lower it.")
        return really(judge, trained, run)

    monkeypatch.setattr(CheckpointJudge, "__call__", judges)
    half = small_search(tunes, tmp_path / "s", settings={"trials": 2})
    assert "no longer a number" in half.trials[1].failed
    assert half.best_values == half.trials[0].values
    assert "no longer a number" in half.page.read_text()


def test_damage_is_named(tunes: Path, found: Search, tmp_path: Path) -> None:
    for name, damage in (
        ("results/0001.json", '{"number": 2, "values": {}}'),
        ("search.json", "[]"),
        ("study.log", '{"op_code": 77}\n'),
    ):
        folder = tmp_path / name.replace("/", "-")
        shutil.copytree(found.folder, folder)
        (folder / name).write_text(damage)
        with pytest.raises(ReverieError, match=Path(name).name):
            small_search(tunes, folder)


def test_too_little_music_is_refused(tunes: Path, tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match=r"holds out 2 times 5 s of music"):
        small_search(tunes, tmp_path / "s", settings={"seconds": 5.0})


def test_without_optuna_there_is_a_remedy(
    tunes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ReverieError, match=r"reverie-music\[cluster\]"):
        small_search(tunes, tmp_path / "s")


def test_what_is_said_of_the_best(found: Search) -> None:
    def judged(number: int, distance: float) -> Final:
        one = Judgement(distance, 0.0, 0.0, False, 0.0)
        trial = TrialResult(number, found.trials[number].values, {1: one}, 1, 1)
        return Final(trial, (one, one))

    def said(*finals: Final) -> str:
        return verdict(dataclasses.replace(found._outcome, finals=finals))  # pyright: ignore

    far, near, own = judged(1, 10.0), judged(2, 19.5), judged(0, 20.0)
    assert "at 20.0." in said(far, own)
    assert "may be chance" not in said(far, own)
    assert "may be chance" in said(near, own)
    assert "No settings are nearer" in said(own, judged(1, 25.0))
    assert "could not be judged" in said(far)


def test_settings_are_those_of_the_search(found: Search) -> None:
    begun = json.loads((found.folder / "search.json").read_text())
    assert begun["settings"]["trials"] == SETTINGS["trials"]
    assert begun["recipe"]["training"]["epochs"] == 2
