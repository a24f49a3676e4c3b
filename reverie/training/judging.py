"""When clips are judged during a training, and how long that took."""

import dataclasses
import math
import time
from collections.abc import Callable

from reverie.models.trained import TrainedModel
from reverie.runs.judgement import Judgement
from reverie.runs.progress import Progress
from reverie.runs.run import Run
from reverie.runs.settings import TrainingSettings
from reverie.training.pace import times_left

Judge = Callable[[TrainedModel, Run], Judgement]
"""Makes clips by a model and judges them. It changes nothing of the model, nor of any generator of
random numbers that training draws from."""

MOST_SHARE = 0.1
"""Of a training's time that judging takes, where time ends it."""
BEGINS = 0.5
"""Share of a training before which no clips are judged: the models to come are better."""


class Judging:
    """Decide when to judge, and judge.

    Where no time ends a training, epochs alone decide, so that it can be repeated.

    Args:
        training: settings of the training.
        judge: judges; None judges nothing.
        clock: tells the time in seconds.
        count: how often to judge in all, evenly over the whole training, its end being the last
            time; 0 leaves it to the settings.
    """

    def __init__(
        self,
        training: TrainingSettings,
        judge: Judge | None,
        clock: Callable[[], float] = time.monotonic,
        *,
        count: int = 0,
    ) -> None:
        self._training, self._clock, self._count = training, clock, count
        self._judge = judge if count or training.judge_every_epochs else None
        self._seconds = 0.0

    @property
    def is_on(self) -> bool:
        """Whether clips are judged at all."""
        return self._judge is not None

    def times_left(self, epoch: int) -> int:
        """How many judgements are to come after so many epochs; see `judgements_left`."""
        training = self._training
        if self._judge is None:
            return 0
        if not self._count:
            return judgements_left(training, epoch)
        if training.minutes or training.is_endless:
            return 1
        return self._count - self._passed(epoch / training.epochs)

    def is_due(self, state: Progress, share: float, *, last: bool) -> bool:
        """Whether to judge after an epoch.

        Args:
            state: at the end of the epoch.
            share: of the training that is done, 0 to 1.
            last: whether it is the last epoch.
        """
        training = self._training
        if self._judge is None or last:
            return self._judge is not None
        if self._count:
            # Where epochs end it, the share of the epoch that was judged last.
            before = share * state.judged_epoch / state.epoch
            return self._passed(share) > self._passed(before)
        begins = _begins(training)
        if share < begins or state.epoch % training.judge_every_epochs:
            return False
        if not training.minutes:
            return True
        # The time allowed grows evenly from where judging begins to the end.
        total = state.seconds / share
        allowed = MOST_SHARE * total * (share - begins) / (1 - begins)
        return state.judged_seconds + self._seconds <= allowed

    def _passed(self, share: float) -> int:
        """How many of `count` judgements are due by then; a share is rounded in its last digit."""
        return math.floor(self._count * share + 1e-9)

    def judge(self, trained: TrainedModel, run: Run) -> Judgement:
        """Judge clips of the model as it is now.

        Raises:
            RuntimeError: nothing judges.
        """
        if self._judge is None:
            raise RuntimeError("nothing judges")
        began = self._clock()
        judgement = self._judge(trained, run)
        self._seconds = round(self._clock() - began, 3)
        return dataclasses.replace(judgement, seconds=self._seconds)


def judgements_left(training: TrainingSettings, epoch: int) -> int:
    """How many judgements a recipe asks for after so many epochs.

    Where time ends the training, they take of that time, but for the last, which comes after it.
    """
    every = training.judge_every_epochs
    if not every:
        return 0
    if training.minutes or training.is_endless:
        return 1
    before = math.ceil(_begins(training) * training.epochs) - 1
    return times_left(every, max(epoch, before), training.epochs)


def _begins(training: TrainingSettings) -> float:
    """Share of a training before which no clips are judged."""
    # With patience any epoch may turn out to be the best.
    return 0.0 if training.patience_epochs else BEGINS
