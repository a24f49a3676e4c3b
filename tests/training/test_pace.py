"""The time left follows the machine, and counts what comes between the steps. The clock is fake."""

import math

import pytest

from reverie.runs.progress import Progress
from reverie.runs.settings import TrainingSettings
from reverie.training.pace import JUDGEMENT_SECONDS, Pace, Trial, share_done


class Clock:
    """Tells a time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("slower", [1.0, 2.0, 4.0])
def test_it_is_within_a_third_soon_after_a_machine_becomes_busy(slower: float) -> None:
    """Half a minute after; held-out music, previews and checkpoints become slower too."""
    training = TrainingSettings(epochs=60, held_out_every_epochs=2, preview_every_epochs=5)
    clock, steps = Clock(), 50
    pace = Pace(training, steps, Trial(0.1, 0.3), previews=True, clock=clock)
    busy_at, estimates = 60.0, list[tuple[float, float]]()

    def spend(seconds: float) -> None:
        clock.now += seconds * (slower if clock.now > busy_at else 1.0)

    for epoch in range(60):
        for step in range(steps):
            spend(0.1)
            pace.lap("step")
            at = Progress(epoch, step + 1, loss_count=step + 1)
            estimates.append((clock.now, pace.remaining(at)))
        if epoch % 2:
            spend(0.6)
            pace.lap("held-out")
        if epoch % 5 == 4:
            spend(2.0)
            pace.lap("preview")
        spend(0.1)
        pace.lap("other")
    end = clock.now
    late = [(end - now, left) for now, left in estimates if busy_at + 30 < now < end - 10]
    assert late
    assert all(abs(left - real) < real / 3 for real, left in late)


def test_where_time_ends_it_the_time_is_left_to_the_end_of_an_epoch() -> None:
    training = TrainingSettings(epochs=10**6, minutes=1.0, held_out_every_epochs=1)
    pace = Pace(training, 10, Trial(0.7, 0.0), clock=Clock())
    assert pace.remaining(Progress(seconds=0.0)) == pytest.approx(63)
    assert pace.remaining(Progress(seconds=59.0, epoch=8, step=9, loss_count=9)) == pytest.approx(
        7.7
    )
    assert share_done(training, Progress(seconds=30.0), 10) == 0.5


def test_judgements_to_come_count_as_long_as_the_last_one_took() -> None:
    training, clock = TrainingSettings(epochs=10, held_out_every_epochs=10), Clock()
    pace = Pace(
        training, 10, Trial(1.0, 0.0), judgements=lambda epoch: min(5, 10 - epoch), clock=clock
    )
    assert pace.remaining(Progress()) == pytest.approx(100 + 5 * JUDGEMENT_SECONDS)
    for _ in range(60):
        clock.now += 1.0
        pace.lap("step")
    clock.now += 20.0
    pace.lap("judging")
    assert pace.remaining(Progress(epoch=6)) == pytest.approx(40 + 4 * 20)
    timed = TrainingSettings(epochs=10**6, minutes=1.0)
    pace = Pace(timed, 10, Trial(1.0, 0.0), judgements=lambda _: 1, clock=Clock())
    assert pace.remaining(Progress()) == pytest.approx(60 + JUDGEMENT_SECONDS)


def test_nobody_knows_how_long_music_gets_better() -> None:
    training = TrainingSettings(epochs=10**6, patience_epochs=5)
    assert math.isinf(Pace(training, 10, Trial(1.0, 0.0), clock=Clock()).remaining(Progress()))
