"""The request bodies of endless playing."""

from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.settings import STRICT
from reverie.studio.home import LONGEST_NAME

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Checkpoint = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")]
Seconds = Annotated[float, Field(ge=0, le=1e9)]
Value = Annotated[float, Field(ge=-1e9, le=1e9)] | Annotated[int, Field(ge=0, lt=1 << 63)] | bool
Changeable = Literal[
    "temperature", "detail_temperature", "top_k", "top_p", "min_p", "guidance", "guard", "beat",
    "bpm", "reprise_seconds", "seed",
]  # fmt: skip
Settings = Annotated[dict[Changeable, Value | None], Field(max_length=20)]


@dataclass(frozen=True, config=STRICT)
class Played:
    """What to play."""

    run: Name
    prompt: Name = "held-out"
    """`held-out`, `training`, `nothing`, or the name of a file."""
    prompt_at_seconds: Seconds | None = None
    checkpoint: Checkpoint = "best"
    settings: Settings = field(default_factory=dict[Changeable, Value | None])


@dataclass(frozen=True, config=STRICT)
class Steered:
    """What to change while it plays; what is not given stays."""

    settings: Settings = field(default_factory=dict[Changeable, Value | None])
    run: Name | None = None
    checkpoint: Checkpoint = "best"
    """Of the run, if one is given."""
    prompt: Name | None = None
    prompt_at_seconds: Seconds | None = None
    reset: bool = False
    """Begin anew from the prompt."""


@dataclass(frozen=True, config=STRICT)
class Reported:
    """What a listener has heard."""

    seconds: Seconds
    """Of the music, since its beginning."""
    plays: bool
    gaps: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """How often the music was late since the last report."""


@dataclass(frozen=True, config=STRICT)
class Kept:
    """How much of what was heard last shall be kept."""

    seconds: Annotated[float, Field(ge=1, le=120)] = 30.0
