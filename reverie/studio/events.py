"""One stream of events to each open page: what changed, as server-sent events.

The folders are looked at while somebody listens. A page that is slow loses old news, of which the
next tells it to look again anyway.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from reverie.errors import ReverieError
from reverie.studio.problems import Problem

LOOK_SECONDS = 1.0
"""Between two looks at the folders."""
MOST_LOOKS_SHARE = 10.0
"""In a very large folder the pause is so many times as long as a look."""
HEARTBEAT_SECONDS = 15.0
MOST_LISTENERS = 64
MOST_WAITING = 64
"""Events that wait for one page."""

Event = tuple[str, Any]
"""A name and its data."""


class Events:
    """The stream of events of a studio.

    Args:
        look: looks at the disk, in another thread, and returns what changed since the last call.
    """

    def __init__(self, look: Callable[[], Iterable[Event]]) -> None:
        self._look = look
        self._listeners: set[asyncio.Queue[Event | None]] = set()
        self._watcher: asyncio.Task[None] | None = None

    def send(self, name: str, data: Any) -> None:
        """Send an event to every page; to be called in the server's thread."""
        self._tell((name, data))

    def end(self) -> None:
        """End every stream; to be called in the server's thread."""
        self._tell(None)

    def _tell(self, event: Event | None) -> None:
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)

    def listen(self) -> AsyncIterator[bytes]:
        """Return the stream of one page.

        Raises:
            Problem: too many pages are open.
        """
        if len(self._listeners) >= MOST_LISTENERS:
            raise Problem(503, "Too many pages of the studio are open.", "Close some of them.")
        return self._stream()

    async def _stream(self) -> AsyncIterator[bytes]:
        queue: asyncio.Queue[Event | None] = asyncio.Queue(MOST_WAITING)
        self._listeners.add(queue)
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch())
        try:
            yield b"retry: 2000\n\n"
            while True:
                try:
                    event = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield b": still here\n\n"
                else:
                    if event is None:
                        return
                    name, data = event
                    yield f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
        finally:
            self._listeners.discard(queue)

    async def _watch(self) -> None:
        """Look at the folders as long as somebody listens."""
        while self._listeners:
            begun = time.monotonic()
            # A folder may go while it is looked at; the next look finds what is left.
            with contextlib.suppress(OSError, ReverieError):
                for name, data in await asyncio.to_thread(lambda: list(self._look())):
                    self.send(name, data)
            took = time.monotonic() - begun
            await asyncio.sleep(max(LOOK_SECONDS, MOST_LOOKS_SHARE * took))
