"""How clips are judged."""

from pydantic.dataclasses import dataclass

from reverie.generation.settings import Seed
from reverie.settings import STRICT


@dataclass(frozen=True, config=STRICT)
class EvaluationSettings:
    """How clips are judged."""

    seed: Seed = 0
    """Decides the noise, and every draw of the intervals."""
