"""What is tried depends on the trials before and on nothing else."""

from pathlib import Path
from typing import Any

import pytest

from reverie.runs.judgement import Judgement
from reverie.tuning.settings import SearchSettings
from reverie.tuning.space import Range, Space
from reverie.tuning.study import JOURNAL, Study
from reverie.tuning.trial import TrialResult

pytest.importorskip("optuna")

SPACE: Space = {
    "training.learning_rate": Range(low=1e-4, high=1e-1, log=True),
    "model.hidden": Range(low=4, high=64),
    "model.beat": Range(choices=(True, False)),
}
OWN: dict[str, Any] = {"training.learning_rate": 1e-3, "model.hidden": 16, "model.beat": False}


def study(folder: Path, own: dict[str, Any] = OWN, sampler: str = "tpe") -> Study:
    folder.mkdir(exist_ok=True)
    return Study(folder, SearchSettings(sampler=sampler), SPACE, own)  # pyright: ignore


def result(number: int, values: dict[str, Any]) -> TrialResult:
    """Low learning rates are best; every fifth trial fails, every seventh is ended early."""
    if number % 5 == 4:
        return TrialResult(number, values, failed="the loss is no longer a number.")
    distance = 1000 * values["training.learning_rate"]
    judged = Judgement(distance, 0.0, 0.0, False, 0.0)
    return TrialResult(number, values, {1: judged}, 1, 1, pruned=number % 7 == 6)


def tried(folder: Path, count: int, *, reopened: bool, sampler: str = "tpe") -> list[object]:
    """The settings of `count` trials in batches of three."""
    found: list[dict[str, Any]] = []
    one = study(folder, sampler=sampler)
    for first in range(0, count, 3):
        numbers = range(first, min(first + 3, count))
        for number in numbers:
            one = study(folder, sampler=sampler) if reopened else one
            found.append(one.values_of(number))
        for number in numbers:
            one = study(folder, sampler=sampler) if reopened else one
            one.report(result(number, found[number]))
    return list(found)


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_a_search_that_is_stopped_anywhere_tries_the_same(tmp_path: Path, sampler: str) -> None:
    once = tried(tmp_path / "once", 13, reopened=False, sampler=sampler)
    again = tried(tmp_path / "again", 13, reopened=True, sampler=sampler)
    assert once == again
    assert once[0] == OWN
    assert len({str(values) for values in once}) == 13
    assert study(tmp_path / "once").values_of(5) == once[5], "what was chosen stays"


def test_own_values_outside_of_the_space_come_first_all_the_same(tmp_path: Path) -> None:
    own = OWN | {"model.hidden": 1024}
    one = study(tmp_path / "s", own)
    assert one.values_of(0) == own
    one.report(result(0, own))
    assert 4 <= one.values_of(1)["model.hidden"] <= 64
    with pytest.raises(ValueError, match="comes after"):
        one.values_of(3)


def test_a_line_that_a_crash_tore_is_left_out(tmp_path: Path) -> None:
    one = study(tmp_path / "s")
    values = [one.values_of(0), one.values_of(1)]
    path = tmp_path / "s" / JOURNAL
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"op_code": 4, "wor')
    assert [study(tmp_path / "s").values_of(number) for number in (0, 1)] == values
    assert path.read_bytes() == whole


def test_what_was_told_stays(tmp_path: Path) -> None:
    one = study(tmp_path / "s")
    values = one.values_of(0)
    one.report(result(0, values))
    before = (tmp_path / "s" / JOURNAL).read_bytes()
    study(tmp_path / "s").report(result(0, values))
    assert (tmp_path / "s" / JOURNAL).read_bytes() == before
