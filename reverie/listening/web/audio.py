"""Sending a sound, or a part of it, piece by piece, and what of it was really sent."""

from collections.abc import Callable
from contextlib import suppress

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from reverie.listening.clock import Moment
from reverie.listening.heard import Coverage
from reverie.listening.web.guard import byte_range

PIECE_BYTES = 64 * 1024
_MOST_UNFINISHED = 4096
"""Sounds of which a part was sent, at most: two for each of a thousand participants, and more."""


class Audio(Response):
    """A sound, or the range of it that a request asks for.

    Args:
        request: what is asked for.
        content: the whole sound.
        now: the clock.
        sent: is told the first byte and the end of what is sent, and when, as soon as all but
            the last byte was taken; never for a HEAD, nor for what did not get through.

    Raises:
        Refused: nothing of what is asked for is there.
    """

    def __init__(
        self,
        request: Request,
        content: bytes,
        now: Callable[[], Moment],
        sent: Callable[[int, int, Moment], None] | None = None,
    ) -> None:
        asked = byte_range(request.headers.get("range"), len(content))
        first, last = (0, len(content) - 1) if asked is None else asked
        self._content, self._first, self._end = memoryview(content), first, last + 1
        self._only_headers = request.method == "HEAD"
        self._now, self._sent = now, sent
        headers = {"Accept-Ranges": "bytes", "Content-Length": str(self._end - first)}
        if asked is not None:
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        super().__init__(None, 200 if asked is None else 206, headers, "audio/wav")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
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
        # A send begins when what is before it has been taken, and says nothing of a lost
        # connection. Nobody has the last byte yet: who is gone now did not get all of it, and who
        # gets it finds it noted.
        await send(self._piece(last, last))
        if await request.is_disconnected():
            return
        if self._sent:
            self._sent(self._first, self._end, self._now())
        await send(self._piece(last, self._end))
        await send({"type": "http.response.body", "body": b""})

    def _piece(self, first: int, end: int) -> Message:
        return {"type": "http.response.body", "body": bytes(self._content[first:end]),
                "more_body": True}  # fmt: skip


class Deliveries:
    """What of every sound that is not whole yet was sent."""

    def __init__(self) -> None:
        self._unfinished: dict[str, Coverage] = {}

    def add(self, sound: str, first: int, end: int, size: int) -> bool:
        """Note that bytes of `sound` were sent; gives whether all of its `size` bytes were now."""
        coverage = self._unfinished.pop(sound, None) or Coverage()
        coverage.add(first, end)
        if coverage.is_whole(size):
            return True
        self._unfinished[sound] = coverage
        while len(self._unfinished) > _MOST_UNFINISHED:
            del self._unfinished[next(iter(self._unfinished))]
        return False


async def _read_to_its_end(request: Request) -> None:
    """What a client says after its request does not matter."""
    with suppress(ClientDisconnect):
        async for _ in request.stream():
            pass
