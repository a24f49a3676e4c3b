"""The course of a search: which trials are done when, and what is said on the way."""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from reverie.errors import ReverieError
from reverie.execution.task import Done, Executor, Task, do_all
from reverie.progress import ProgressBar, duration
from reverie.runs.settings import Recipe
from reverie.runs.states import list_checkpoints, read_progress
from reverie.terminal import echo
from reverie.tuning.pruning import Before
from reverie.tuning.space import with_values
from reverie.tuning.study import Study
from reverie.tuning.trial import Search, TrialResult, learn_frames, read_result, try_settings

OWN_FRAMES = ("frames.", "training.decoder_steps", "training.trim_silence_db", "training.seed")
"""Settings on which it depends what frames learn of the music."""


class Course:
    """Do the trials of a search, a batch after another, by whatever does them.

    Args:
        search: whose.
        executor: does the trials.
        study: says which settings are tried.
        recipe: whose settings are searched.
        began: when the search began, by the clock of this process.
        quiet: say nothing.
    """

    def __init__(
        self,
        search: Search,
        executor: Executor,
        study: Study,
        recipe: Recipe,
        began: float,
        *,
        quiet: bool,
    ) -> None:
        self._search, self._executor, self._study = search, executor, study
        self._recipe, self._began, self._quiet = recipe, began, quiet
        self._results: dict[int, TrialResult] = {}
        self._batch_seconds = 0.0
        """Of the longest batch of this call."""
        self._trial_seconds, self._done = 0.0, 0
        """Of the trials that this call did."""
        self._bar: ProgressBar | None = None

    def run(self) -> list[TrialResult]:
        """Do them; return all, in order.

        Raises:
            ReverieError: what their frames need cannot be learnt, or trials can be done nowhere.
        """
        settings = self._search.settings
        with ExitStack() as stack:
            if self._executor.is_remote:
                bar = ProgressBar("searching", settings.trials, "trials", quiet=self._quiet)
                self._bar = stack.enter_context(bar)
            self._learn_frames()
            for first in range(0, settings.trials, settings.batch):
                numbers = range(first, min(first + settings.batch, settings.trials))
                if not self._has_time(numbers):
                    self._say(
                        f"{len(numbers)} more trials would hardly end within {settings.minutes:g} "
                        f"min: stopped after {first}"
                    )
                    break
                self._do_batch(numbers)
        return [self._results[number] for number in sorted(self._results)]

    def _learn_frames(self) -> None:
        search = self._search
        arguments = search, self._recipe
        self._executor.submit(
            Task("frames", learn_frames, arguments, search.threads, True, search.frames)
        )
        if failed := self._executor.next().failed:
            raise ReverieError(f"no trial can begin: {failed}", "See what `train` says of it.")

    def _has_time(self, numbers: Sequence[int]) -> bool:
        """Whether a batch and the last judgements would end in time; what is done takes none."""
        settings = self._search.settings
        is_done = all(self._search.result(number).is_file() for number in numbers)
        if not settings.minutes or is_done:
            return True
        finals = (settings.finalists + 1) * settings.final_judgements * self._judging_seconds()
        spent = time.monotonic() - self._began
        return spent + self._batch_seconds + finals <= 60 * settings.minutes

    def _judging_seconds(self) -> float:
        """How long clips take to be judged once, by the recipe's own trial."""
        found = list_checkpoints(self._search.trial(0))
        seconds = read_progress(found[-1]).judged_seconds if found else 0.0
        return seconds / self._search.settings.judgements

    def _do_batch(self, numbers: Sequence[int]) -> None:
        """Choose the settings of all its trials, do them, and learn from them in their order."""
        began = time.monotonic()
        values = {number: self._study.values_of(number) for number in numbers}
        before = [
            Before(one.scores, one.pruned)
            for one in (self._results[number] for number in sorted(self._results))
            if one.scores
        ]
        missing = dict(values)
        for number in numbers:
            if (path := self._search.result(number)).is_file():
                self._results[number] = read_result(path, number)
                del missing[number]
        if self._bar is not None:
            self._bar.advance(len(values) - len(missing))
        do_all(self._executor, self._tasks(missing, before), self._then)
        for number in numbers:
            self._study.report(self._results[number])
        self._batch_seconds = max(self._batch_seconds, time.monotonic() - began)

    def _tasks(self, values: dict[int, dict[str, Any]], before: Sequence[Before]) -> Iterator[Task]:
        search = self._search
        for number, chosen in values.items():
            recipe = with_values(self._recipe, chosen, f"trial {number}")
            if self._bar is None:
                self._say(f"trial {number}{self._left()}: {described(chosen)}")
            frames = self._frames_for(chosen)
            yield Task(
                f"trial {number}",
                try_settings,
                (search, number, recipe, chosen, before, frames),
                search.threads,
                gpu=recipe.training.device != "cpu",
                holds=search.trial(number),
            )

    def _frames_for(self, chosen: dict[str, Any]) -> Path | None:
        return None if any(name.startswith(OWN_FRAMES) for name in chosen) else self._search.frames

    def _then(self, done: Done) -> list[Task]:
        number = done.task.arguments[1]
        result = done.value
        if result is None:
            # Its node could not tell more; nothing is written, so that it is tried again.
            result = TrialResult(number, done.task.arguments[3], failed=done.failed)
        self._results[number] = result
        self._trial_seconds, self._done = self._trial_seconds + done.seconds, self._done + 1
        said = _came_to(result)
        if self._bar is not None:
            self._bar.advance(note=f"trial {number}: {said}")
        else:
            self._say(f"  {said}")
        return []

    def _left(self) -> str:
        """Of how many trials, and how long the rest may take: the middle of a sentence."""
        settings, count = self._search.settings, len(self._results)
        seconds = math.inf
        if self._done:
            seconds = self._trial_seconds / self._done * (settings.trials - count)
        if settings.minutes:
            whole = 60 * settings.minutes - (time.monotonic() - self._began)
            seconds = min(seconds, max(whole, 0.0))
        left = f", {duration(seconds)} left at most" if math.isfinite(seconds) else ""
        return f" of {settings.trials}{left}"

    def _say(self, text: str) -> None:
        if self._quiet:
            return
        if self._bar is not None:
            self._bar.say(text)
        else:
            echo(text, err=True)


def described(values: dict[str, Any]) -> str:
    """Settings and their values, for a line."""
    return ", ".join(
        f"{name.rpartition('.')[2]} {value:.4g}"
        if isinstance(value, float)
        else f"{name.rpartition('.')[2]} {value}"
        for name, value in values.items()
    )


def _came_to(result: TrialResult) -> str:
    if result.failed:
        return f"failed: {result.failed}"
    ended = f"ended early, after {result.epochs} epochs" if result.pruned else "done"
    return f"{ended}, {result.score:.1f} from music"
