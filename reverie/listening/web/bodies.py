"""The request bodies that the participant's page may send."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.settings import STRICT


@dataclass(frozen=True, config=STRICT)
class Consent:
    """Sent when a participant agrees to take part."""

    language: Annotated[str, Field(pattern="^[a-z]{2,3}$")]


@dataclass(frozen=True, config=STRICT)
class Ready:
    """Sent when a participant has set the volume."""


@dataclass(frozen=True, config=STRICT)
class Given:
    """Sent with an answer."""

    trial: Annotated[str, Field(max_length=64)]
    answer: Annotated[int, Field(strict=True)]
    plays: Annotated[int, Field(strict=True, ge=0, le=10_000)]
    heard_ms: Annotated[int, Field(strict=True, ge=0, le=10**8)]
    answer_ms: Annotated[int, Field(strict=True, ge=0, le=10**9)]


@dataclass(frozen=True, config=STRICT)
class Finish:
    """Sent by the last page."""

    comment: Annotated[str, Field(max_length=2000)]
