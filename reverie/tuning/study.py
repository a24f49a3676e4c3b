"""Which settings are tried next: Optuna's study, kept in a journal in the search's folder.

The choice depends on nothing but the trials before: each has random numbers of its own, and the
trials of one batch are chosen before any of them is done. So a search that was stopped goes on as
if it had not been, and a cluster tries what one machine would.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from reverie.errors import ReverieError
from reverie.storage import clear_disk_errors, open_plain, require_plain
from reverie.tuning.library import library, silently
from reverie.tuning.settings import SearchSettings
from reverie.tuning.space import Range, Space
from reverie.tuning.trial import TrialResult

JOURNAL = "study.log"
NAME = "reverie"
DAMAGE = (AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What Optuna raises of a journal that is none."""
STARTUP_TRIALS = 8
"""Trials whose settings are drawn by chance before the sampler has enough to go by."""


class Study:
    """The trials of a search, as Optuna keeps them.

    Args:
        folder: of the search, which this process holds for itself.
        settings: of the search.
        space: what is searched.
        own: the recipe's own values, which are tried first.

    Raises:
        ReverieError: Optuna is not installed, or the journal is damaged or another's.
    """

    def __init__(
        self, folder: Path, settings: SearchSettings, space: Space, own: Mapping[str, Any]
    ) -> None:
        self._settings, self._space, self._own = settings, space, own
        optuna, path = library(), folder / JOURNAL
        _drop_torn_line(path)
        with silently(), clear_disk_errors(path):
            self._distributions = {name: _distribution(one) for name, one in space.items()}
            self._is_own_inside = all(space[name].holds(value) for name, value in own.items())
            backend = optuna.storages.journal.JournalFileBackend(str(path), lock_obj=_NoLock())
            # To create one that is there would add a line to its journal.
            make = optuna.load_study if path.stat().st_size else optuna.create_study
            try:
                storage = optuna.storages.JournalStorage(backend)
                self._study = make(storage=storage, study_name=NAME)
            except DAMAGE as error:
                raise ReverieError(
                    f"{path} is damaged.", "Choose another `out` for a new search."
                ) from error

    def values_of(self, number: int) -> dict[str, Any]:
        """The settings of a trial, chosen now if it is the next one.

        Raises:
            ValueError: it is not the next one.
        """
        with silently():
            waiting = library().trial.TrialState.WAITING
            trials = self._study.get_trials(deepcopy=False)
            begun = [trial for trial in trials if trial.state != waiting]
            if number > len(begun):
                raise ValueError(f"trial {number} comes after trial {len(begun)}")
            if number < len(begun):
                found = begun[number].params
            else:
                found = self._ask(number, is_waiting=len(trials) > len(begun))
        if number == 0:
            return dict(self._own)
        return {name: self._rounded(name, value) for name, value in found.items()}

    def report(self, result: TrialResult) -> None:
        """Write down what a trial came to, unless it is known."""
        states = library().trial.TrialState
        with silently():
            trial = self._study.get_trials(deepcopy=False)[result.number]
            if trial.state.is_finished():
                return
            if result.score is None:
                self._study.tell(result.number, state=states.FAIL)
                return
            for step, value in enumerate(result.scores):
                library().trial.Trial(self._study, trial._trial_id).report(value, step)
            # A trial that is ended early counts by what it was judged to be last.
            if result.pruned:
                self._study.tell(result.number, state=states.PRUNED)
            else:
                self._study.tell(result.number, result.score)

    def _ask(self, number: int, *, is_waiting: bool) -> dict[str, Any]:
        """Choose settings; `is_waiting` where a killed process had begun with the first trial."""
        if number == 0:
            # Values that the space lacks would teach the sampler nothing.
            if not self._is_own_inside:
                self._study.ask()
                return {}
            if not is_waiting:
                self._study.enqueue_trial(dict(self._own))
        self._study.sampler = self._sampler(number)
        return self._study.ask(self._distributions).params

    def _rounded(self, name: str, value: Any) -> Any:
        """A value in as many digits as a person reads."""
        found = self._space[name]
        if not isinstance(value, float) or found.low is None or found.high is None:
            return value
        return min(max(float(f"{value:.4g}"), found.low), found.high)

    def _sampler(self, number: int) -> Any:
        samplers = library().samplers
        seed = int(np.random.default_rng([self._settings.seed, number]).integers(1 << 32))
        match self._settings.sampler:
            case "tpe":
                return samplers.TPESampler(
                    n_startup_trials=STARTUP_TRIALS, constant_liar=True, seed=seed
                )
            case "random":
                return samplers.RandomSampler(seed=seed)


def _distribution(found: Range) -> Any:
    distributions = library().distributions
    if found.low is None or found.high is None:
        return distributions.CategoricalDistribution(found.choices)
    if found.is_whole:
        step = 1 if found.step is None else int(found.step)
        return distributions.IntDistribution(int(found.low), int(found.high), found.log, step)
    return distributions.FloatDistribution(
        float(found.low), float(found.high), found.log, found.step
    )


class _NoLock:
    """No lock, which a killed process would leave behind: the search's folder is locked itself."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


def _drop_torn_line(path: Path) -> None:
    """Remove what a crash of the machine left of a last line."""
    require_plain(path, "the journal of a search")
    if not path.exists():
        return
    with clear_disk_errors(path), open_plain(path, "r+b") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
