"""How long the models of an experiment may take, from how long others took."""

from functools import cache

from reverie.experiment.plan import needs_of, recipe_of
from reverie.experiment.settings import ExperimentSettings
from reverie.progress import duration


class Spent:
    """How long models took for what they had to compute: an estimate for those to come."""

    def __init__(self) -> None:
        self._work = self._seconds = 0.0

    def note(self, settings: ExperimentSettings, model: str, seconds: float) -> None:
        """`model` took `seconds`."""
        self._work += _work(settings, model)
        self._seconds += seconds

    def remaining(self, settings: ExperimentSettings, models: tuple[str, ...]) -> str:
        """What `models` may take, as the end of a sentence; empty before one is done."""
        if not self._work:
            return ""
        seconds = self._seconds / self._work * sum(_work(settings, model) for model in models)
        return f"; about {duration(seconds)} left"


@cache
def _work(settings: ExperimentSettings, model: str) -> float:
    if settings.budget == "time":
        return settings.minutes
    recipe = recipe_of(settings, model)
    return float(needs_of(recipe).operations * recipe.training.epochs)
