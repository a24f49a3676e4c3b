"""The settings of generation."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.settings import STRICT


@dataclass(frozen=True, config=STRICT)
class GenerationSettings:
    """What to make."""

    seconds: Annotated[float, Field(gt=0)] = 10.0
    """Length of each clip, the seed not counted."""

    count: Annotated[int, Field(ge=1)] = 5
    """How many clips."""

    rng_seed: int = 0
    """Decides which seeds are taken, and every draw."""

    seed_from: str = "held-out"
    """Where seeds come from: `held-out` or `training` recordings, or an audio file, whose end is
    gone on from."""

    seed_recordings: tuple[str, ...] = ()
    """Only these recordings of the split give seeds; none named, all do."""

    checkpoint: str = "best"
    """`best` (lowest held-out loss), `latest`, an epoch's number, or a checkpoint's name."""

    method: Literal["rolling", "carry"] = "rolling"
    """`rolling` re-feeds the last frames from a zero state, as the paper; `carry` carries on."""

    temperature: Annotated[float, Field(ge=0)] = 0.0
    """0 takes the model's mean, as the paper; 1 draws with the spread of its held-out error."""

    format: Literal["wav", "float-wav", "flac"] = "wav"
    """16-bit WAV, 32-bit float WAV, or 16-bit FLAC."""
