"""Settings of an evaluation."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.generation.settings import Seed
from reverie.settings import STRICT


@dataclass(frozen=True, config=STRICT)
class EvaluationSettings:
    """The settings of `reverie evaluate`."""

    seed: Seed = 0
    """Random seed of the noise references and of the intervals' resamples."""

    part_seconds: Annotated[float, Field(ge=1, le=86400)] | None = None
    """Judge each part of so long by itself, to see whether long clips drift; None judges clips
    whole, the first two minutes of each."""
