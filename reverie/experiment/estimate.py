"""How long the models of an experiment may take, from how long others took."""

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
        self._work = self._seconds = 0.0

    def note(self, settings: ExperimentSettings, model: str, seconds: float) -> None:
        """`model` took `seconds`."""
        self._work += _work(settings, model, self._rate_hz)
        self._seconds += seconds

    def remaining(self, settings: ExperimentSettings, models: tuple[str, ...]) -> str:
        """What `models` may take, as the end of a sentence; empty before one is done."""
        if not self._work:
            return ""
        work = sum(_work(settings, model, self._rate_hz) for model in models)
        seconds = self._seconds / self._work * work
        return f"; about {duration(seconds)} left"


@cache
def _work(settings: ExperimentSettings, model: str, rate_hz: int) -> float:
    if settings.budget == "time":
        return settings.minutes
    recipe = recipe_of(settings, model, rate_hz)
    return float(needs_of(recipe, rate_hz).operations * recipe.training.epochs)
