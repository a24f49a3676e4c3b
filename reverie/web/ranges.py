"""Send a file or a range of it piece by piece, and report which bytes were sent."""

from collections.abc import Callable
from contextlib import suppress

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from reverie.web.refused import Refused

PIECE_BYTES = 64 * 1024
_LONGEST_NUMBER = 15
"""Most digits of a byte's position in a file."""


class Ranged(Response):
    """Respond with a file, or with the range of it that a request asks for.

    Args:
        request: to answer.
        content: the whole file.
        media_type: of the file.
        sent: called with the first byte and the end of the range as soon as the client has accepted
            all but its last byte; not called for a HEAD, nor if the connection breaks before.

    Raises:
        Refused: the file has no byte in the range.
    """

    def __init__(
        self,
        request: Request,
        content: bytes | memoryview,
        media_type: str,
        sent: Callable[[int, int], None] | None = None,
    ) -> None:
        requested = byte_range(request.headers.get("range"), len(content))
        first, last = (0, len(content) - 1) if requested is None else requested
        self._content, self._first, self._end = memoryview(content), first, last + 1
        self._only_headers = request.method == "HEAD"
        self._sent = sent
        headers = {"Accept-Ranges": "bytes", "Content-Length": str(self._end - first)}
        if requested is not None:
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        super().__init__(None, 200 if requested is None else 206, headers, media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        await send({"type": "http.response.start", "status": self.status_code,
                    "headers": self.raw_headers})  # fmt: skip
        if self._only_headers:
            await send({"type": "http.response.body", "body": b""})
            return
        request = Request(scope, receive)
        await _read_to_its_end(request)
        last = self._end - 1
        for at in range(self._first, last, PIECE_BYTES):
            if await request.is_disconnected():
                return
            await send(self._piece(at, min(at + PIECE_BYTES, last)))
        # A send returns once earlier data has been accepted, and does not report a lost connection.
        # So report before the last byte: a client that has gone did not get the whole file, and
        # one that gets it finds it recorded.
        await send(self._piece(last, last))
        if await request.is_disconnected():
            return
        if self._sent:
            self._sent(self._first, self._end)
        await send(self._piece(last, self._end))
        await send({"type": "http.response.body", "body": b""})

    def _piece(self, first: int, end: int) -> Message:
        return {"type": "http.response.body", "body": bytes(self._content[first:end]),
                "more_body": True}  # fmt: skip


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Parse a Range header into the first and the last byte; None for the whole file.

    Several ranges are answered with the whole file, as RFC 9110 allows.

    Raises:
        Refused: the file has no byte in the range.
    """
    if header is None or not header.startswith("bytes=") or "," in header:
        return None
    first, dash, last = header.removeprefix("bytes=").strip().partition("-")
    if not dash or not all(part.isdecimal() and part.isascii() for part in (first, last) if part):
        return None
    if not first and not last:
        return None
    if len(first) > _LONGEST_NUMBER or len(last) > _LONGEST_NUMBER:
        raise Refused(416, "no such range")
    if not first:
        begin, end = max(size - int(last), 0), size - 1
    else:
        begin, end = int(first), min(int(last) if last else size - 1, size - 1)
    if begin > end or begin >= size:
        raise Refused(416, "no such range")
    return begin, end


async def _read_to_its_end(request: Request) -> None:
    """Read and discard what a client sends after its request."""
    with suppress(ClientDisconnect):
        async for _ in request.stream():
            pass
