"""What each model of an experiment is trained by: one recipe, with budgets made equal."""

import dataclasses
from pathlib import Path

from reverie.experiment.settings import ExperimentSettings, parted
from reverie.runs.settings import Recipe
from reverie.training.preflight import Needs, estimate_needs
from reverie.training.recipe import load_recipe

ENDLESS_EPOCHS = 10**6


def recipe_of(settings: ExperimentSettings, model: str, rate_hz: int) -> Recipe:
    """The recipe of `model`, for a corpus at `rate_hz`.

    Its `keep_epochs` are where the clips come from; where time is equal they are not known
    before, and the recipe ends by `training.minutes`.
    """
    recipe, architecture = parted(model)
    base = load_recipe(
        recipe or settings.scale,
        [
            f"training.seed={settings.seed}",
            "training.preview_every_epochs=0",
            *settings.overrides,
            f"model.architecture={architecture}",
        ],
    )
    match settings.budget:
        case "epochs":
            return base
        case "time":
            return _trained(
                base,
                epochs=ENDLESS_EPOCHS,
                minutes=settings.minutes,
                keep_epochs=(),
                # What an adversary teaches is not told by the squared error.
                keep_best=settings.protocol == "variants" and recipe != "adversarial",
            )
        case "operations":
            architecture = dataclasses.replace(base.model, architecture="baseline")
            share = (
                needs_of(dataclasses.replace(base, model=architecture), rate_hz).operations
                / needs_of(base, rate_hz).operations
            )
            epochs = max(1, round(base.training.epochs * share))
            kept = {max(1, round(epoch * share)) for epoch in base.training.keep_epochs}
            return _trained(base, epochs=epochs, keep_epochs=tuple(sorted(kept)))


def stops_minutes(settings: ExperimentSettings) -> list[float]:
    """Where time is equal: the times at which a checkpoint is kept, as the recipe's epochs lie.

    Successors go on to the end at once: the best epoch is kept beside the last.
    """
    if settings.protocol == "variants":
        return [settings.minutes]
    training = load_recipe(settings.scale, settings.overrides).training
    return [settings.minutes * epoch / training.epochs for epoch in training.kept_epochs]


def needs_of(recipe: Recipe, rate_hz: int) -> Needs:
    """What `recipe` takes on this machine, for a corpus at `rate_hz`."""
    return estimate_needs(recipe, rate_hz, Path.cwd())


def until(recipe: Recipe, minutes: float, keep_epochs: tuple[int, ...]) -> Recipe:
    """`recipe` up to `minutes` of training, keeping what was kept at earlier stops."""
    return _trained(recipe, minutes=minutes, keep_epochs=keep_epochs)


def _trained(recipe: Recipe, **changes: object) -> Recipe:
    return dataclasses.replace(recipe, training=dataclasses.replace(recipe.training, **changes))  # pyright: ignore[reportArgumentType]
