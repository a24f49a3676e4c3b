"""How long a training takes: a few steps are timed before it, and all that it does while it runs.

What other programs take from the machine shows in the steps of the last seconds, so these count
most; what comes between steps is reckoned in steps, and so grows with them.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from reverie.progress import RecentPace
from reverie.runs.progress import Progress
from reverie.runs.settings import TrainingSettings

Activity = Literal["step", "held-out", "preview", "judging", "other"]
"""What a training spends time on; `other` is to write checkpoints, and what observers do."""

Count = Callable[[int], int]
"""How often something is still to come after so many epochs."""

JUDGEMENT_SECONDS = 8.0
"""To judge clips once, on two cores, until it is timed."""


@dataclass(frozen=True)
class Trial:
    """What a few steps took before the training."""

    step_seconds: float
    """Time for one step."""
    held_out_seconds: float
    """Time to measure all held-out music once."""


class Pace:
    """Estimates the time left of a training, and is told what took how long.

    Args:
        training: how many epochs and minutes there are, and what comes between the steps.
        steps: in one epoch.
        trial: what a few steps took.
        previews: whether previews are made.
        judgements: how often clips are still to be judged.
        clock: tells the time in seconds.
    """

    def __init__(
        self,
        training: TrainingSettings,
        steps: int,
        trial: Trial,
        *,
        previews: bool = False,
        judgements: Count = lambda _: 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._training, self._steps, self._clock = training, steps, clock
        self._recent = RecentPace(trial.step_seconds)
        self._steps_of: dict[Activity, float] = {}
        """How many steps take as long as each of what comes between them."""
        self._reckon("held-out", trial.held_out_seconds)
        self._reckon("preview", 0.0)
        self._reckon("judging", JUDGEMENT_SECONDS)
        self._judgements = judgements
        self._previews_every = training.preview_every_epochs if previews else 0
        self._known = self._other = 0.0
        self._mark = clock()

    @property
    def step_seconds(self) -> float:
        """Time for one step, of late."""
        return self._recent.seconds

    @property
    def epoch_seconds(self) -> float:
        """Time for one epoch with its share of what comes between the steps."""
        previews = 1 / self._previews_every if self._previews_every else 0.0
        held_out = 1 / self._training.held_out_every_epochs
        return self._reckoned(self._steps, held_out=held_out, previews=previews)

    def begin(self) -> None:
        """Count the time from here."""
        self._mark = self._clock()

    def lap(self, activity: Activity) -> None:
        """Count the time since the last lap, or since the beginning, as that of `activity`."""
        now = self._clock()
        seconds, self._mark = now - self._mark, now
        if activity == "other":
            self._other += seconds
            return
        self._known += seconds
        if activity == "step":
            self._recent.note(seconds)
        else:
            self._reckon(activity, seconds)

    def remaining(self, state: Progress) -> float:
        """Seconds from `state` to the end; infinite where neither epochs nor minutes set one.

        Where patience may end the training before, this is the longest it can take.
        """
        training = self._training
        seconds = math.inf
        judgements = self._judgements(state.epoch)
        if not training.is_endless:
            seconds = self._reckoned(
                (training.epochs - state.epoch) * self._steps - state.step,
                held_out=times_left(training.held_out_every_epochs, state.epoch, training.epochs),
                previews=times_left(self._previews_every, state.epoch, training.epochs),
                judgements=judgements,
            )
        if training.minutes:
            left = max(0.0, 60 * training.minutes - state.seconds)
            # The epoch in which the time runs out is finished.
            epoch = self.epoch_seconds
            first = epoch * (1 - state.step / self._steps)
            whole = math.ceil(max(0.0, left - first) / epoch) if epoch else 0
            after = self._reckoned(0, judgements=judgements)
            seconds = min(seconds, first + whole * epoch + after)
        return seconds

    def _reckon(self, activity: Activity, seconds: float) -> None:
        """Note how long something between the steps takes, in steps of late."""
        self._steps_of[activity] = seconds / max(self._recent.seconds, 1e-9)

    def _reckoned(
        self, steps: int, *, held_out: float = 0, previews: float = 0, judgements: float = 0
    ) -> float:
        """Seconds for so many steps and what comes between them, and for all else beside them."""
        times = {"held-out": held_out, "preview": previews, "judging": judgements}
        counted = steps + sum(each * times[name] for name, each in self._steps_of.items())
        beside = self._other / self._known if self._known else 0.0
        return counted * self._recent.seconds * (1 + beside)


def share_done(training: TrainingSettings, state: Progress, steps: int) -> float:
    """How much of a training is done, by epochs or by time, whichever is further: 0 to 1.

    Args:
        training: its settings.
        state: how far it is.
        steps: in one epoch.
    """
    done = (state.epoch + state.step / steps) / training.epochs
    if training.minutes:
        done = max(done, state.seconds / (60 * training.minutes))
    return min(1.0, done)


def times_left(period: int, done: int, last: int) -> int:
    """How often something that comes every so many epochs, and with the last, is still to come."""
    if not period or done >= last:
        return 0
    return last // period - done // period + (last % period > 0)
