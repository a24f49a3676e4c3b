"""How long the models of an experiment may take, from how long others took."""

import math
import time
from collections.abc import Sequence
from functools import cache

from reverie.experiment.plan import needs_of, recipe_of
from reverie.experiment.settings import ExperimentSettings
from reverie.progress import duration


class Spent:
    """How long models took for what they had to compute: an estimate for those to come.

    Args:
        rate_hz: of the corpus.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._work = 0.0
        self._began = time.monotonic()

    def note(self, settings: ExperimentSettings, model: str) -> None:
        """`model` is done."""
        self._work += _work(settings, model, self._rate_hz)

    def left_seconds(self, settings: ExperimentSettings, models: Sequence[str]) -> float:
        """What `models` may take; infinite before one is done."""
        if not self._work:
            return math.inf
        work = sum(_work(settings, model, self._rate_hz) for model in models)
        return (time.monotonic() - self._began) / self._work * work

    def remaining(self, settings: ExperimentSettings, models: Sequence[str]) -> str:
        """The same, as the end of a sentence; empty before one is done."""
        seconds = self.left_seconds(settings, models)
        return f"; about {duration(seconds)} left" if math.isfinite(seconds) else ""


@cache
def _work(settings: ExperimentSettings, model: str, rate_hz: int) -> float:
    if settings.budget == "time":
        return settings.minutes
    recipe = recipe_of(settings, model, rate_hz)
    return float(needs_of(recipe, rate_hz).operations * recipe.training.epochs)
