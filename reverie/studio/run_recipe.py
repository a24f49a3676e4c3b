"""Which recipe a run began with, and what differs: to go on with it, or to begin one like it."""

from dataclasses import asdict
from functools import cache
from typing import Any

from reverie.runs.settings import Recipe
from reverie.settings import flat
from reverie.training.recipe import load_recipe, recipe_names

OTHERWISE = "paper"
"""The recipe that is changed where a run's own is not known."""


def recipe_and_changes(recipe: Recipe) -> tuple[str, dict[str, Any]]:
    """Return the name of a recipe of Reverie's, and the settings in which another differs from it.

    Args:
        recipe: of a run.

    Returns:
        the name, and what `train --set` gives of the differing settings: those that are none in
        the run alone cannot be given.
    """
    name = next(
        (name for name in recipe_names() if _settings(name)["description"] == recipe.description),
        OTHERWISE,
    )
    before = _settings(name)
    changes = {
        setting: value
        for setting, value in flat(asdict(recipe)).items()
        if before.get(setting) != value and value is not None
    }
    return name, changes


@cache
def _settings(name: str) -> dict[str, Any]:
    return flat(asdict(load_recipe(name)))
