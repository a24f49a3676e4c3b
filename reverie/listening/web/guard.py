"""What every request must pass and every response carries."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reverie.listening.records import Refused

LARGEST_BODY_BYTES = 16 * 1024
LONGEST_NUMBER = 15
"""Digits of a byte's place in a file."""

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "style-src 'unsafe-inline'; img-src data:; media-src 'self' blob:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class SafeHeaders:
    """Gives every response the same headers, whatever it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *own]
            await send(message)

        await self.app(scope, receive, sending if scope["type"] == "http" else send)


def check_origin(headers: Headers, own: str) -> None:
    """Refuse what another site makes a browser send.

    Args:
        headers: of the request.
        own: the host that links name; behind a proxy the request's own may be another.

    Raises:
        Refused: it comes from another site.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        # A page that sends no referrer sends the origin "null" too, so where there is more to go
        # by the origin is not asked.
        if site not in {"same-origin", "none"}:
            raise Refused(403, "another site's request")
    elif origin not in {None, "null"}:
        host = str(origin).partition("://")[2]
        if host not in {headers.get("host"), own}:
            raise Refused(403, "another site's request")


async def read_body(request: Request, own: str) -> bytes:
    """The body of a JSON request to the site `own`.

    Raises:
        Refused: it is too large, no JSON, or another site's.
    """
    check_origin(request.headers, own)
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused(415, "send JSON")
    told = request.headers.get("content-length", "0")
    if not told.isdigit() or int(told) > LARGEST_BODY_BYTES:
        raise Refused(413, "too large")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY_BYTES:
            raise Refused(413, "too large")
    return bytes(body)


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The first and the last byte that a Range header asks for; None for all of them.

    Several ranges at once are answered with all of it, as RFC 9110 allows.

    Raises:
        Refused: nothing of what is asked for is there.
    """
    if header is None or not header.startswith("bytes=") or "," in header:
        return None
    first, dash, last = header.removeprefix("bytes=").strip().partition("-")
    if not dash or not all(one.isdecimal() and one.isascii() for one in (first, last) if one):
        return None
    if not first and not last:
        return None
    if len(first) > LONGEST_NUMBER or len(last) > LONGEST_NUMBER:
        raise Refused(416, "no such range")
    if not first:
        begin, end = max(size - int(last), 0), size - 1
    else:
        begin, end = int(first), min(int(last) if last else size - 1, size - 1)
    if begin > end or begin >= size:
        raise Refused(416, "no such range")
    return begin, end
