"""What the participant's page may send: nothing more, and nothing of another kind."""

from typing import Annotated, TypeVar

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from starlette.requests import Request

from reverie.listening.records import Refused
from reverie.listening.web.guard import read_body
from reverie.listening.web.hosts import Hosts
from reverie.settings import STRICT

Body = TypeVar("Body")


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


async def read(kind: type[Body], request: Request, hosts: Hosts) -> Body:
    """The body of a request to the server that `hosts` name, as `kind`.

    Raises:
        Refused: it is something else, too large, or another site's.
    """
    body = await read_body(request, hosts)
    try:
        return TypeAdapter(kind).validate_json(body)
    except (ValidationError, RecursionError) as error:
        raise Refused(422, "not what is asked for") from error
