"""The settings of an experiment."""

from typing import Annotated, Literal, get_args

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.models.settings import Architecture
from reverie.settings import STRICT

Scale = Literal["paper", "desk", "smoke"]
Equal = Literal["epochs", "time", "operations"]


@dataclass(frozen=True, config=STRICT)
class ExperimentSettings:
    """What is compared, and on what terms."""

    scale: Scale = "desk"
    """The recipe that every model shares but for its architecture."""

    models: Annotated[tuple[Architecture, ...], Field(min_length=1)] = get_args(Architecture)
    """Which architectures."""

    equal: Equal = "epochs"
    """What every model gets as much of: `epochs`, as in the paper; `time`; or `operations`, of
    which the baseline's epochs say how many."""

    minutes: Annotated[float, Field(gt=0)] = 10.0
    """Training time of each model where time is equal."""

    clips: Annotated[int, Field(ge=1, le=1000)] = 5
    """Clips of each model at each of its checkpoints."""

    seconds: Annotated[float, Field(ge=1)] = 10.0
    """Length of each clip."""

    rng_seed: int = 0
    """Decides initial weights, order and dropout of every model, and the seeds of the clips."""

    overrides: tuple[str, ...] = ()
    """Settings of the recipe changed for every model, `section.field=value` each."""
