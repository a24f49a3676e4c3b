"""The socket that a server listens at, and the server."""

import socket
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
    """Listen at `host` and `port`; port 0 takes any that is free.

    Raises:
        ReverieError: it cannot be had.
    """
    if not 0 <= port < 1 << 16:
        raise ReverieError(f"there is no port {port}.", "Choose another `port`, 0 to 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, ValueError) as error:  # of a name that can be none, a ValueError
        raise ReverieError(
            f"cannot listen at {printable(host)}:{port}: {str(error).lower()}.",
            "Choose another `port` or `host`.",
        ) from error


def make_server(app: ASGIApp, log: ClientLog, limits: Limits | None = None) -> uvicorn.Server:
    """The server of `app`, with limits to what each client can make it do.

    Args:
        app: what it serves.
        log: what is said of clients that do wrong.
        limits: other than the usual ones.
    """
    # Any: uvicorn names only the class, and what makes one will do.
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
    return uvicorn.Server(config)
