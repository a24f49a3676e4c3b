"""Progress says how much is left, also of work that was begun earlier or ends by the clock."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reverie import progress
from reverie.progress import ProgressBar, duration
from tests.clock import set_clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, in seconds, as its only entry."""
    now = [1000.0]
    set_clock(monkeypatch, progress, monotonic=lambda: now[0])
    return now


def test_earlier_steps_say_nothing_of_the_pace(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with ProgressBar("training", 110, "steps", done=100) as work:
        clock[0] += 20
        work.advance(2)
    assert capsys.readouterr().err == "training: 102/110 steps, 1 min 20 s left\n"


def test_work_may_turn_out_shorter(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar("training", 1000, "steps") as work:
        clock[0] += 20
        work.expect(6)
        work.advance(2, note="loss 3")
    assert capsys.readouterr().err == "training: 2/6 steps, 40 s left  loss 3\n"


def test_quiet_work_says_nothing(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar("training", 3, "steps", quiet=True) as work:
        clock[0] += 20
        work.advance()
        work.say("a word")
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def report(tmp_path: Path) -> Iterator[Path]:
    """A file that progress is written to."""
    path = tmp_path / "progress.json"
    progress.report_to(path)
    yield path
    progress.report_to(None)


def test_another_program_reads_the_progress(clock: list[float], report: Path) -> None:
    with ProgressBar("training", 10, "steps", quiet=True) as work:
        begun = json.loads(report.read_text())
        clock[0] += 20
        work.advance(2, note="loss 3")
        half = json.loads(report.read_text())
        work.advance(8)
        assert json.loads(report.read_text()) == half  # not yet a quarter of a second later
    assert begun == {
        "title": "training", "done": 0, "total": 10, "unit": "steps", "note": "",
        "left_seconds": None,
    }  # fmt: skip
    assert half == begun | {"done": 2, "note": "loss 3", "left_seconds": 80.0}
    assert json.loads(report.read_text())["done"] == 10
    assert [path.name for path in report.parent.iterdir()] == [report.name]


def test_work_goes_on_where_its_progress_cannot_be_written(
    report: Path, clock: list[float]
) -> None:
    report.mkdir()
    with ProgressBar("training", 2, "steps", quiet=True) as work:
        clock[0] += 20
        work.advance(2)
    assert work.done == 2


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(48, "48 s"), (200, "3 min 20 s"), (7500, "2 h 05 min"), (367_200, "4 d 6 h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
