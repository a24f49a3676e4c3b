"""Whether a trial is worth going on with, by Optuna's pruners."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reverie.tuning.library import library, silently
from reverie.tuning.settings import SearchSettings

LEAST_TRIALS = 4
"""Trials that must have come to their end before any is ended early."""


@dataclass(frozen=True)
class Before:
    """What an earlier trial came to on its way."""

    scores: tuple[float, ...]
    """Of its judgements, in order."""
    pruned: bool


def pruner_of(settings: SearchSettings) -> Any:
    """Optuna's pruner of a search."""
    pruners = library().pruners
    match settings.pruner:
        case "median":
            return pruners.MedianPruner(n_startup_trials=LEAST_TRIALS)
        case "none":
            return pruners.NopPruner()


def is_hopeless(
    settings: SearchSettings, scores: Sequence[float], before: Sequence[Before]
) -> bool:
    """Whether Optuna's pruner would end a trial now.

    It is asked about a study of these trials alone, so that it decides the same wherever the trial
    runs and whatever else runs beside it.

    Args:
        settings: of the search.
        scores: of the trial so far.
        before: the trials that it is measured by.
    """
    optuna = library()
    with silently():
        study = optuna.create_study(pruner=pruner_of(settings))
        for one in before:
            state = optuna.trial.TrialState.PRUNED if one.pruned else None
            study.add_trial(
                optuna.trial.create_trial(
                    state=state or optuna.trial.TrialState.COMPLETE,
                    value=min(one.scores),
                    intermediate_values=dict(enumerate(one.scores)),
                )
            )
        trial = study.ask()
        for step, value in enumerate(scores):
            trial.report(value, step)
        return bool(trial.should_prune())
