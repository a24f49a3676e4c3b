"""Answers in JSON, and the parts of requests that many routes read."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from reverie.web.refused import Refused

MOST_ROWS = 1000
"""Rows of a list in one answer."""
_LONGEST_NUMBER = 9


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON of ASCII: names that are not UTF-8 become escapes."""
    content = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Response(content, status, headers, "application/json")


def page(request: Request, name: str, rows: Sequence[Any]) -> dict[str, Any]:
    """Return the part of a list that a request asks for.

    Args:
        request: with `offset` and `limit`, which may be missing.
        name: of the list in the answer.
        rows: the whole list.

    Raises:
        Refused: offset or limit is no number.
    """
    offset, limit = number(request, "offset", 0), number(request, "limit", MOST_ROWS)
    end = offset + min(limit, MOST_ROWS)
    return {"total": len(rows), "offset": offset, name: list(rows[offset:end])}


def number(request: Request, name: str, default: int, most: int = 10**_LONGEST_NUMBER) -> int:
    """Read a whole number, 0 to `most`, from a request's query.

    Raises:
        Refused: it is none.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()) or len(text) > _LONGEST_NUMBER:
        raise Refused(422, f"{name} is no number")
    if int(text) > most:
        raise Refused(422, f"{name} is more than {most}")
    return int(text)


def text(request: Request, name: str, most: int = 4096) -> str:
    """Read a text from a request's query.

    Raises:
        Refused: it is missing or too long.
    """
    value = request.query_params.get(name)
    if value is None:
        raise Refused(422, f"{name} is missing")
    if len(value) > most:
        raise Refused(422, f"{name} is too long")
    return value
