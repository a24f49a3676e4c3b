"""Check every request, and add headers to every response."""

from collections.abc import Iterable, Mapping

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reverie.web.clients import ClientLog
from reverie.web.hosts import Hosts
from reverie.web.refused import Refused

HEADER_BYTES = 16 * 1024

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; "
    "img-src data:; media-src 'self' blob:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""What pages may load."""

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


_OWN = {b"cache-control", b"content-security-policy", b"x-frame-options"}
"""Headers that a response may set for itself."""


class Guard:
    """Wrap an app: refuse requests that name another server, and set headers of every response.

    An error inside the app is reported in one line, once for each kind, and answered with a 500.

    Args:
        app: to wrap.
        hosts: the names of the server.
        log: reports misdirected requests and faults.
        misdirected: the answer to a client that called the server by another name.
        remedy: what the terminal suggests about such a client.
        policy: what pages may load, as a Content-Security-Policy; `POLICY` if not given.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Hosts,
        log: ClientLog,
        *,
        misdirected: str,
        remedy: str,
        policy: str | None = None,
    ) -> None:
        self._app, self._hosts, self._log = app, hosts, log
        self._misdirected, self._remedy = misdirected, remedy
        chosen = dict(HEADERS) if policy is None else {**HEADERS, "Content-Security-Policy": policy}
        self._headers = {name.lower().encode(): value.encode() for name, value in chosen.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [*message["headers"], *self._missing(message["headers"])]
            await send(message)

        host = Headers(scope=scope).get("host")
        app = self._app
        size = len(scope["raw_path"]) + len(scope["query_string"])
        if size + sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_BYTES:
            app = PlainTextResponse("The request's headers are too long.\n", 431)
        elif not self._hosts.knows(host):
            client = scope.get("client")
            self._log.write(
                client[0] if client else "a client",
                f"asked for the host {(host or '')[:100]!r}, which links do not name; "
                f"{self._remedy}",
            )
            app = PlainTextResponse(f"{self._misdirected}\n", 421)
        try:
            await app(scope, receive, sending)
        except Exception as error:
            self._log.write_fault(error)
            if begun:
                raise  # an answer that has begun cannot be replaced: close the connection
            await PlainTextResponse("Something went wrong.\n", 500)(scope, receive, sending)

    def _missing(self, given: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Return the headers that a response does not set itself, which it may of some."""
        own = {name for name, _ in given if name in _OWN}
        return [(name, value) for name, value in self._headers.items() if name not in own]


async def answer_refused(_: Request, error: Exception) -> Response:
    """Answer a refused request: a Starlette handler of `Refused`."""
    assert isinstance(error, Refused)
    return JSONResponse({"refused": str(error)}, error.status)
