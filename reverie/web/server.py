"""Open the socket of a server, and create the server."""

import socket
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from reverie.errors import ReverieError
from reverie.terminal import printable
from reverie.web.clients import ClientLog
from reverie.web.connections import BACKLOG, Connections, LimitedProtocol, Limits
from reverie.web.guard import HEADER_BYTES


def open_socket(host: str, port: int) -> socket.socket:
    """Listen at `host` and `port`; port 0 takes any free port.

    Raises:
        ReverieError: the address or the port is not available.
    """
    if not 0 <= port < 1 << 16:
        raise ReverieError(f"there is no port {port}.", "Choose another `port`, 0 to 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, ValueError) as error:  # an impossible name raises a ValueError
        raise ReverieError(
            f"cannot listen at {printable(host)}:{port}: {str(error).lower()}.",
            "Choose another `port` or `host`.",
        ) from error


class Server(uvicorn.Server):
    """A server that ends its endless answers before it waits for answers to end.

    Args:
        config: of the server.
        end_streams: ends answers that have no end of their own.
    """

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, and then all else."""
        await self._end_streams()
        await super().shutdown(sockets)


async def _no_streams() -> None:
    """End nothing: all answers end by themselves."""


def make_server(
    app: ASGIApp,
    log: ClientLog,
    limits: Limits | None = None,
    end_streams: Callable[[], Awaitable[None]] = _no_streams,
) -> Server:
    """Create the server of `app`, with limits on each client.

    Args:
        app: to serve.
        log: reports clients that misbehave.
        limits: to use instead of the defaults.
        end_streams: is awaited when the server is to end, and ends answers that have no end.
    """
    # Any: uvicorn's annotation asks for a class, but any callable that returns a protocol works.
    protocol: Any = partial(LimitedProtocol, everyone=Connections(log, limits or Limits()))
    config = uvicorn.Config(
        app,
        http=protocol,
        loop="asyncio",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        backlog=BACKLOG,
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_graceful_shutdown=5,
    )
    return Server(config, end_streams)
