"""Check every request, and add headers to every response."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reverie.web.clients import ClientLog
from reverie.web.hosts import Hosts
from reverie.web.refused import Refused

HEADER_BYTES = 16 * 1024

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
    """Wrap an app: refuse requests that name another server, and set headers of every response.

    An error inside the app is reported in one line, once for each kind, and answered with a 500.

    Args:
        app: to wrap.
        hosts: the names of the server.
        log: reports misdirected requests and faults.
        misdirected: the answer to a client that called the server by another name.
        remedy: what the terminal suggests about such a client.
    """

    def __init__(
        self, app: ASGIApp, hosts: Hosts, log: ClientLog, *, misdirected: str, remedy: str
    ) -> None:
        self._app, self._hosts, self._log = app, hosts, log
        self._misdirected, self._remedy = misdirected, remedy

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


async def answer_refused(_: Request, error: Exception) -> Response:
    """Answer a refused request: a Starlette handler of `Refused`."""
    assert isinstance(error, Refused)
    return JSONResponse({"refused": str(error)}, error.status)
