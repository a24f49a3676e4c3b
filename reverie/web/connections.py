"""Limit the number of connections and the time that each may take.

A client that opens many connections and sends little takes nobody else's place: when there are too
many, those that have waited longest for a whole request are closed first, the client's own before
any other's.
"""

import asyncio
import resource
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from reverie.web.clients import ClientLog

BACKLOG = 64
"""Connections that the system queues until they are accepted."""
_OTHER_FILES = 4 * BACKLOG
"""Most files that the process has open besides connections: new connections that arrived together,
connections being closed, and its own files."""


@dataclass(frozen=True)
class Limits:
    """Limits of a client, in seconds and in connections."""

    header_seconds: float = 10.0
    """For a request's line and headers, from the connection's start or the previous answer on."""
    body_seconds: float = 20.0
    """For a request's body."""
    body_pause_seconds: float | None = None
    """For a pause in a request's body, where a whole body may take longer; None for any pause."""
    stall_seconds: float = 30.0
    """For a pause in which a client accepts no data."""
    answer_seconds: float = 600.0
    """For one whole answer."""
    connections: int = 768
    """In all; fewer if the system lets the process open fewer files."""
    of_client: int = 512
    """A room of listeners behind one address is one client: sixty browsers open six each."""


def _room_for(connections: int) -> int:
    """Ask the system for files for all `connections`, and return how many it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + _OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return connections
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    return max(16, soft - _OTHER_FILES)


class Connections:
    """All connections of one server.

    Args:
        log: reports clients that misbehave.
        limits: of each connection and client.
    """

    def __init__(self, log: ClientLog, limits: Limits) -> None:
        self.log, self.limits = log, limits
        self._most = _room_for(limits.connections)
        self._open: set[LimitedProtocol] = set()

    def add(self, fresh: "LimitedProtocol") -> None:
        """Add `fresh`; if there are too many connections, close another."""
        of_client = [
            connection for connection in self._open if connection.client_name == fresh.client_name
        ]
        if len(of_client) >= self.limits.of_client:
            _longest_without(of_client).cut(f"more than {self.limits.of_client} connections")
        elif len(self._open) >= self._most:
            _longest_without([*self._open]).cut(f"more than {self._most} connections in all")
        self._open.add(fresh)

    def remove(self, gone: "LimitedProtocol") -> None:
        """Forget a connection."""
        self._open.discard(gone)


def _longest_without(connections: list["LimitedProtocol"]) -> "LimitedProtocol":
    """Return the connection that has been idle longest, or else the slowest."""
    return min(
        connections, key=lambda connection: (connection.is_answered, connection.waiting_since)
    )


class LimitedProtocol(H11Protocol):
    """uvicorn's HTTP protocol, with a time limit on everything it waits for."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        everyone: Connections,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._everyone, self._limits = everyone, everyone.limits
        self._timer: asyncio.TimerHandle | None = None
        self._phase: str | None = None
        self._silent = True  # no part of the next request has arrived
        self._unsent_bytes = 0
        self._stalled: asyncio.TimerHandle | None = None
        self._pause: asyncio.TimerHandle | None = None
        self.client_name, self.waiting_since = "?", self.loop.time()

    @property
    def is_answered(self) -> bool:
        """Whether a whole request has arrived and its answer is not complete."""
        return self._phase == "answer"

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Begin, and wait for a request."""
        super().connection_made(transport)
        peer: Any = transport.get_extra_info("peername")
        self.client_name = str(cast(tuple[Any, ...], peer)[0]) if isinstance(peer, tuple) else "?"
        # Headers and body are sent as two pieces; the second need not wait for an acknowledgement.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Without a buffer, what the app has sent is what the system has accepted.
        transport.set_write_buffer_limits(high=0)
        self._everyone.add(self)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._everyone.remove(self)
        self._set_timer(None)
        self._set_stalled(None)
        self._set_pause(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Handle received data."""
        if self.transport.is_closing():
            return
        self._silent = False
        super().data_received(data)
        self._look()
        if self._phase == "body" and (pause := self._limits.body_pause_seconds) is not None:
            self._set_pause(self.loop.call_later(pause, self.cut, f"silent for {pause:g} s"))
        else:
            self._set_pause(None)

    def on_response_complete(self) -> None:
        """Wait for the next request, if the connection stays open."""
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """Note that the client accepts data more slowly than the app sends it."""
        super().pause_writing()
        self._unsent_bytes = self.transport.get_write_buffer_size()
        self._set_stalled(self.loop.call_later(self._limits.stall_seconds, self._check_progress))

    def resume_writing(self) -> None:
        """Note that the client has accepted all data."""
        super().resume_writing()
        self._set_stalled(None)

    def send_400_response(self, msg: str) -> None:
        """Refuse data that is not HTTP."""
        self._everyone.log.write(self.client_name, "sent something other than an HTTP request")
        if self.transport.is_closing():
            return
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:  # an answer has begun, and a second cannot be sent
            self.transport.abort()

    def cut(self, why: str) -> None:
        """Close the connection now; report nothing of a silent one, which browsers open in
        advance."""
        if not self._silent:
            self._everyone.log.write(self.client_name, f"cut off: {why}")
        self._everyone.remove(self)
        self.transport.abort()

    def _unsupported_upgrade_warning(self) -> None:
        """Ignore offers of other protocols."""

    def _look(self) -> None:
        """Set the timer of the current phase."""
        if self.transport.is_closing():
            return self._set_timer(None)
        theirs, ours = self.conn.their_state, self.conn.our_state
        if theirs is h11.IDLE:
            phase, limit, why = "headers", self._limits.header_seconds, "no whole request"
        elif theirs is h11.SEND_BODY:
            phase, limit, why = "body", self._limits.body_seconds, "no whole request"
        elif ours in {h11.SEND_RESPONSE, h11.SEND_BODY}:
            phase, limit, why = "answer", self._limits.answer_seconds, "its answer was not accepted"
        else:
            phase, limit, why = None, 0.0, ""
        if phase is None:
            self._phase = None
            self._set_timer(None)
        elif phase != self._phase or (phase == "headers" and self._timer is None):
            self._silent = self._silent or self._phase == "answer"
            self._phase, self.waiting_since = phase, self.loop.time()
            self._set_timer(self.loop.call_later(limit, self.cut, f"{why} within {limit:g} s"))
        return None

    def _check_progress(self) -> None:
        unsent = self.transport.get_write_buffer_size()
        if unsent >= self._unsent_bytes:
            self.cut(f"it accepted no part of its answer for {self._limits.stall_seconds:g} s")
        else:
            self._unsent_bytes = unsent
            self._set_stalled(
                self.loop.call_later(self._limits.stall_seconds, self._check_progress)
            )

    def _set_timer(self, timer: asyncio.TimerHandle | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = timer

    def _set_stalled(self, timer: asyncio.TimerHandle | None) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
        self._stalled = timer

    def _set_pause(self, pause: asyncio.TimerHandle | None) -> None:
        if self._pause is not None:
            self._pause.cancel()
        self._pause = pause
