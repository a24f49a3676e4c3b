"""Read bodies of requests, from the server's own pages alone, with a size limit and checks."""

from collections.abc import AsyncIterator
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from reverie.web.hosts import Hosts
from reverie.web.refused import Refused

LARGEST_JSON_BYTES = 16 * 1024
_LONGEST_NUMBER = 15
"""Most digits of a Content-Length."""

Body = TypeVar("Body")


def check_origin(headers: Headers, hosts: Hosts) -> None:
    """Refuse requests that another site makes a browser send.

    Args:
        headers: of the request.
        hosts: the names of the server; behind a proxy, links and requests name different hosts.

    Raises:
        Refused: it comes from another site.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site not in {None, "same-origin", "none"}:
        raise Refused(403, "another site's request")
    # A form on a page without referrer sends the origin "null". Another site may send it too, but
    # has no cookie, cannot send JSON, and does not know the organiser's address.
    if origin not in {None, "null"} and not hosts.is_own_site(str(origin), headers.get("host")):
        raise Refused(403, "another site's request")


async def body_pieces(request: Request, most_bytes: int) -> AsyncIterator[bytes]:
    """Yield the body of a request piece by piece as it arrives.

    Args:
        request: whose body.
        most_bytes: the longest body allowed.

    Raises:
        Refused: it is longer, or the client goes away before its end.
    """
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or len(declared) > _LONGEST_NUMBER or int(declared) > most_bytes:
        raise Refused(413, "too large")
    received_bytes = 0
    try:
        async for piece in request.stream():
            received_bytes += len(piece)
            if received_bytes > most_bytes:
                raise Refused(413, "too large")
            yield piece
    except ClientDisconnect as error:
        raise Refused(400, "the request ends early") from error


async def read_json(
    kind: type[Body], request: Request, hosts: Hosts, most_bytes: int = LARGEST_JSON_BYTES
) -> Body:
    """Read the body of a request to the server that `hosts` name, as `kind`.

    Args:
        kind: what it should be: a type that pydantic knows.
        request: whose body.
        hosts: the names of the server.
        most_bytes: the longest body allowed.

    Raises:
        Refused: it is not of that kind, too large, or another site's.
    """
    body = await _json_body(request, hosts, most_bytes)
    try:
        return TypeAdapter(kind).validate_json(body)
    except (ValidationError, RecursionError) as error:
        raise Refused(422, "not what is asked for") from error


async def _json_body(request: Request, hosts: Hosts, most_bytes: int) -> bytes:
    """Read the body of a JSON request to the server that `hosts` name.

    Raises:
        Refused: it is too large, not JSON, or another site's.
    """
    check_origin(request.headers, hosts)
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused(415, "send JSON")
    body = bytearray()
    async for piece in body_pieces(request, most_bytes):
        body += piece
    return bytes(body)
