"""The settings of generation."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.runs.settings import GenerationDefaults
from reverie.settings import STRICT, build

RngSeed = Annotated[int, Field(ge=0, lt=1 << 63)]
"""What every generator of random numbers, and TOML, can hold."""


@dataclass(frozen=True, config=STRICT)
class GenerationSettings(GenerationDefaults):
    """What to make."""

    seconds: Annotated[float, Field(gt=0, le=1e9)] = 10.0
    """Length of each clip, the seed not counted."""

    count: Annotated[int, Field(ge=1, le=10_000)] = 5
    """How many clips."""

    rng_seed: RngSeed = 0
    """Decides which seeds are taken, and every draw."""

    seed_from: str = "held-out"
    """Where seeds come from: `held-out` or `training` recordings, or an audio file, whose end is
    gone on from; `nothing` begins without."""

    seed_recordings: tuple[str, ...] = ()
    """Only these recordings of the split give seeds; none named, all do."""

    checkpoint: str = "best"
    """`best` (lowest held-out loss), `latest`, an epoch's number, or a checkpoint's name."""

    format: Literal["wav", "float-wav", "flac"] = "wav"
    """16-bit WAV, 32-bit float WAV, or 16-bit FLAC."""


def clip_settings(
    defaults: GenerationDefaults, wanted: Mapping[str, Any], source: str = "generate"
) -> GenerationSettings:
    """What a run's recipe says of generation, and over it what is wanted.

    Args:
        defaults: the recipe's.
        wanted: settings by name; None stands for the recipe's own.
        source: where they come from, for the message.

    Raises:
        ReverieError: one of them does not fit.
    """
    chosen = {name: value for name, value in wanted.items() if value is not None}
    return build(GenerationSettings, {**dataclasses.asdict(defaults), **chosen}, source)
