"""What ends a training is told from its settings and its progress."""

import dataclasses

import pytest

from reverie.runs.ending import done_text, limits, why_ended
from reverie.runs.progress import Progress
from reverie.runs.settings import TrainingSettings


def test_which_limit_ended_a_training() -> None:
    training = TrainingSettings(epochs=9, minutes=1.0, patience_epochs=3, keep_epochs=())
    assert why_ended(training, Progress(epoch=2, seconds=59.0)) is None
    assert why_ended(training, Progress(epoch=9)) == "epochs"
    assert why_ended(training, Progress(epoch=2, seconds=60.0)) == "minutes"
    assert why_ended(training, Progress(epoch=2, step=1, loss_count=5, seconds=60.0)) is None
    assert why_ended(training, Progress(epoch=5, best_measured_epoch=2)) == "patience"
    # Where clips are judged, these decide, and epochs after the latest judgement do not count.
    clips = Progress(epoch=8, best_measured_epoch=2, judged_epoch=4, nearest_judged_epoch=2)
    assert why_ended(training, clips) is None
    assert why_ended(training, dataclasses.replace(clips, judged_epoch=5)) == "patience"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epochs": 2100}, "2100 epochs"),
        ({"epochs": 1}, "1 epoch"),
        ({"epochs": 10**6, "minutes": 10.0}, "up to 10 min"),
        (
            {"epochs": 10**6, "minutes": 10.0, "patience_epochs": 3},
            "up to 10 min, or as long as held-out music gets better",
        ),
        ({"epochs": 10**6, "patience_epochs": 3}, "as long as held-out music gets better"),
        (
            {"epochs": 10**6, "patience_epochs": 3, "judge_every_epochs": 1},
            "as long as clips get better",
        ),
        ({"epochs": 10**6}, "until it is stopped"),
        ({"epochs": 200, "minutes": 10.0}, "up to 200 epochs or 10 min"),
        (
            {"epochs": 200, "patience_epochs": 12},
            "up to 200 epochs, or as long as held-out music gets better",
        ),
    ],
)
def test_limits_in_words(settings: dict[str, float], words: str) -> None:
    assert limits(TrainingSettings(**settings)) == words  # pyright: ignore


def test_what_is_left_of_them() -> None:
    training = TrainingSettings(epochs=9, minutes=2.0)
    assert limits(training, Progress(epoch=3, seconds=75.0)) == "up to 6 epochs or 45 s"


def test_how_far_it_is() -> None:
    assert done_text(TrainingSettings(epochs=9), Progress(3, seconds=65)) == (
        "3 of 9 epochs and 1 min 05 s"
    )
    assert done_text(TrainingSettings(epochs=10**6), Progress(1, seconds=2)) == "1 epoch and 2 s"
