"""The settings of an experiment."""

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from reverie.generation.settings import Seed
from reverie.models.settings import Architecture
from reverie.settings import STRICT

Scale = Literal["paper", "desk", "smoke"]
Budget = Literal["epochs", "time", "operations"]
Protocol = Literal["paper", "variants"]

ARCHITECTURES: tuple[str, ...] = get_args(Architecture)
VARIANTS = ("adversarial", "codes")
"""Recipes by which the same architectures learn otherwise than by squared error alone; before the
name of one, as in `codes-gruv`, they say which."""
ENTRANTS: dict[str, tuple[str, ...]] = {
    "paper": ARCHITECTURES,
    "variants": (
        *ARCHITECTURES,
        *(f"{recipe}-{name}" for recipe in VARIANTS for name in ARCHITECTURES),
    ),
}
"""The models that each protocol knows."""


def parted(model: str) -> tuple[str | None, str]:
    """The recipe of a variant, None of the paper's own, and its architecture."""
    recipe, _, architecture = model.rpartition("-")
    return recipe or None, architecture


@dataclass(frozen=True, config=STRICT)
class ExperimentSettings:
    """What is compared, and on what terms."""

    protocol: Protocol = "paper"
    """`paper`: its eight architectures on its own terms. `variants`: these, by squared error,
    against the same with an adversary and the same over codes, by likelihood, each for the same
    time."""

    scale: Scale = "desk"
    """The recipe that every model of the paper shares but for its architecture; variants have
    the recipe that they are named by."""

    models: Annotated[tuple[str, ...], Field(min_length=1)] = ARCHITECTURES
    """Which architectures; `adversarial-` or `codes-` before one is its variant."""

    budget: Budget = "epochs"
    """What every model gets as much of: `epochs`, as in the paper; `time`; or `operations`, of
    which the baseline's epochs say how many."""

    minutes: Annotated[float, Field(gt=0, le=1e6)] = 10.0
    """Training time of each model where time is equal."""

    clips: Annotated[int, Field(ge=1, le=1000)] = 5
    """Clips of each model at each of its checkpoints."""

    seconds: Annotated[float, Field(ge=1, le=3600)] = 10.0
    """Length of each clip."""

    seed: Seed = 0
    """Decides initial weights, order and dropout of every model, and the prompts of the clips."""

    overrides: tuple[str, ...] = ()
    """Settings of the recipe changed for every model, `section.field=value` each."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        known = ENTRANTS[self.protocol]
        for model in self.models:
            if model not in known:
                raise ValueError(f"models has no {model!r}; known: {', '.join(known)}")
        if self.protocol == "variants" and self.budget != "time":
            raise ValueError("budget must be time where losses of two kinds are compared")
        return self
