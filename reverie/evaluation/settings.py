"""Settings of an evaluation."""

from pydantic.dataclasses import dataclass

from reverie.generation.settings import Seed
from reverie.settings import STRICT


@dataclass(frozen=True, config=STRICT)
class EvaluationSettings:
    """The settings of `reverie evaluate`."""

    seed: Seed = 0
    """Random seed of the noise references and of the intervals' resamples."""
