"""What the participant's page may send: nothing more, and nothing of another kind."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.settings import STRICT


@dataclass(frozen=True, config=STRICT)
class Consent:
    """What agreeing to take part sends."""

    language: Annotated[str, Field(pattern="^[a-z]{2,3}$")]


@dataclass(frozen=True, config=STRICT)
class Ready:
    """What having set the volume sends."""


@dataclass(frozen=True, config=STRICT)
class Given:
    """What an answer sends."""

    trial: Annotated[str, Field(max_length=64)]
    answer: Annotated[int, Field(strict=True)]
    plays: Annotated[int, Field(strict=True, ge=0, le=10_000)]
    heard_ms: Annotated[int, Field(strict=True, ge=0, le=10**8)]
    answer_ms: Annotated[int, Field(strict=True, ge=0, le=10**9)]


@dataclass(frozen=True, config=STRICT)
class Finish:
    """What the last page sends."""

    comment: Annotated[str, Field(max_length=2000)]
