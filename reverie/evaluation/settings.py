"""How clips are judged."""

from pydantic.dataclasses import dataclass

from reverie.generation.settings import RngSeed
from reverie.settings import STRICT


@dataclass(frozen=True, config=STRICT)
class EvaluationSettings:
    """How clips are judged."""

    rng_seed: RngSeed = 0
    """Decides the noise, and every draw of the intervals."""
