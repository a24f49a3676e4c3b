"""All players of a studio: not too many, and none that nobody wants."""

import asyncio
import secrets
import time
from contextlib import suppress

from reverie.studio.playing.session import AGAIN, Command, Session
from reverie.studio.problems import Problem

MOST_SESSIONS = 4
"""Each is a process of a few hundred megabytes, and a share of the processor."""
IDLE_SECONDS = 30.0
"""A player of which nobody has wanted anything for so long is ended."""
MOST_ENDED = 16
"""Of so many it is told why they ended."""
_LOOK_SECONDS = 1.0
_REMEMBERED_SECONDS = 300.0
"""For so long it is said of a player that ended why it did."""


class Sessions:
    """The players of a studio."""

    def __init__(self, most: int = MOST_SESSIONS, idle_seconds: float = IDLE_SECONDS) -> None:
        self._most, self._idle_seconds = most, idle_seconds
        self._sessions: dict[str, Session] = {}
        self._beginning = 0
        self._endings: set[asyncio.Task[None]] = set()
        self._watcher: asyncio.Task[None] | None = None

    @property
    def alive(self) -> list[Session]:
        """Those that can play."""
        return [one for one in self._sessions.values() if one.problem is None]

    async def begin(self, first: Command) -> Session:
        """Start a player; where there are too many, a silent one makes room.

        Raises:
            Problem: there are too many that sound.
        """
        silent = [one for one in self.alive if not one.is_heard]
        if len(self.alive) + self._beginning >= self._most and silent:
            await self.end(min(silent, key=lambda one: one.signed_at).name)
        if len(self.alive) + self._beginning >= self._most:
            raise Problem(
                503,
                f"{self._most} players play already.",
                "Stop one, or close its page and wait half a minute.",
            )
        self._beginning += 1
        try:
            session = await Session.begin(secrets.token_urlsafe(9), first)
        finally:
            self._beginning -= 1
        self._sessions[session.name] = session
        ended = [one for one, session in self._sessions.items() if session.problem is not None]
        for one in ended[:-MOST_ENDED]:
            await self.end(one)
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch())
        return session

    def get(self, name: str) -> Session:
        """Return a session that lives.

        Raises:
            Problem: there is none of that name, or it ended.
        """
        session = self._sessions.get(name)
        if session is None:
            raise Problem(404, "This player has ended.", AGAIN)
        if session.problem is not None:
            raise Problem(410, session.problem["problem"], session.problem["remedy"])
        return session

    async def end(self, name: str) -> None:
        """End a session; nothing happens where there is none.

        Who waits for it may be cancelled: the session is ended all the same.
        """
        if session := self._sessions.pop(name, None):
            ending = asyncio.create_task(session.end())
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)
            await asyncio.shield(ending)

    async def close(self) -> None:
        """End all, and wait for those that are being ended."""
        for name in [*self._sessions]:
            await self.end(name)
        if self._watcher is not None:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher
        if self._endings:
            await asyncio.wait([*self._endings])

    async def _watch(self) -> None:
        while self._sessions:
            await asyncio.sleep(_LOOK_SECONDS)
            now = time.monotonic()
            for name, session in [*self._sessions.items()]:
                patience = self._idle_seconds if session.problem is None else _REMEMBERED_SECONDS
                if now - session.signed_at > patience:
                    await self.end(name)
