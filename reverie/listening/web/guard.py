"""What every request must pass and every response carries."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reverie.listening.records import Refused
from reverie.listening.web.clients import ClientLog
from reverie.listening.web.hosts import Hosts

HEADER_BYTES = 16 * 1024
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


class Guard:
    """Stands around an app: every request names this server, every response has the same headers.

    What goes wrong inside is said in one line, once for each kind, and answered with a 500.

    Args:
        app: what it guards.
        hosts: the names of the server.
        log: where misdirected requests are told.
    """

    def __init__(self, app: ASGIApp, hosts: Hosts, log: ClientLog) -> None:
        self._app, self._hosts, self._log = app, hosts, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                own = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *own]
            await send(message)

        host = Headers(scope=scope).get("host")
        app = self._app
        size = len(scope["raw_path"]) + len(scope["query_string"])
        if size + sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_BYTES:
            app = PlainTextResponse("Too much is asked at once.\n", 431)
        elif not self._hosts.knows(host):
            client = scope.get("client")
            self._log.tell(
                client[0] if client else "a client",
                f"asked for the host {(host or '')[:100]!r}, which links do not name; if it is "
                "this server's, --url says so",
            )
            app = PlainTextResponse(
                "This is not the address of the test. Open the link as it was given to you.\n", 421
            )
        try:
            await app(scope, receive, sending)
        except Exception as error:
            self._log.tell_fault(error)
            if begun:
                raise  # half an answer cannot be made good: the connection is closed
            await PlainTextResponse("Something went wrong.\n", 500)(scope, receive, sending)


def check_origin(headers: Headers, hosts: Hosts) -> None:
    """Refuse what another site makes a browser send.

    Args:
        headers: of the request.
        hosts: the names of the server; behind a proxy links have another than the request.

    Raises:
        Refused: it comes from another site.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site not in {None, "same-origin", "none"}:
        raise Refused(403, "another site's request")
    # A form on a page that sends no referrer sends the origin "null". So may another site's, but
    # that has no cookie, cannot send JSON, and does not know the organiser's address.
    if origin not in {None, "null"} and not hosts.is_own_site(str(origin), headers.get("host")):
        raise Refused(403, "another site's request")


async def read_body(request: Request, hosts: Hosts) -> bytes:
    """The body of a JSON request to the server that `hosts` name.

    Raises:
        Refused: it is too large, no JSON, or another site's.
    """
    check_origin(request.headers, hosts)
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused(415, "send JSON")
    told = request.headers.get("content-length", "0")
    if not told.isdecimal() or len(told) > LONGEST_NUMBER or int(told) > LARGEST_BODY_BYTES:
        raise Refused(413, "too large")
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > LARGEST_BODY_BYTES:
                raise Refused(413, "too large")
    except ClientDisconnect as error:
        raise Refused(400, "the request ends early") from error
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
