"""Serving a test until Ctrl-C."""

import os
import socket
from contextlib import closing
from functools import partial
from typing import Any

import uvicorn

from reverie.errors import ReverieError
from reverie.listening.folder import ListeningTest
from reverie.listening.store import Store
from reverie.listening.web.clients import ClientLog
from reverie.listening.web.connections import (
    BACKLOG,
    Connections,
    LimitedProtocol,
    Limits,
)
from reverie.listening.web.guard import HEADER_BYTES
from reverie.listening.web.hosts import Hosts, base_of
from reverie.listening.web.server import ListeningApp
from reverie.storage import only_one
from reverie.terminal import echo, printable


def open_socket(host: str, port: int) -> socket.socket:
    """Listen at `host` and `port`; port 0 takes any that is free.

    Raises:
        ReverieError: it cannot be had.
    """
    if not 0 <= port < 1 << 16:
        raise ReverieError(f"there is no port {port}.", "Choose another --port, 0 to 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, ValueError) as error:  # of a name that can be none, a ValueError
        raise ReverieError(
            f"cannot listen at {printable(host)}:{port}: {str(error).lower()}.",
            "Choose another --port or --host.",
        ) from error


def make_server(app: ListeningApp, log: ClientLog, limits: Limits | None = None) -> uvicorn.Server:
    """The server of `app`, with limits to what each client can make it do.

    Args:
        app: what it serves.
        log: what is said of clients that do wrong.
        limits: other than the usual ones.
    """
    # Any: uvicorn names only the class, and what makes one will do.
    protocol: Any = partial(LimitedProtocol, everyone=Connections(log, limits or Limits()))
    config = uvicorn.Config(
        app.asgi(),
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


def make_app(
    test: ListeningTest,
    store: Store,
    host: str,
    port: int,
    url: str | None,
    log: ClientLog,
    *,
    peek: bool,
) -> ListeningApp:
    """The app of `test` at an address.

    Args:
        test: which.
        store: its database.
        host: address that is listened at.
        port: likewise.
        url: what links begin with, where that is not the address.
        log: what is said of clients that do wrong.
        peek: whether the organiser sees answers before the end.

    Raises:
        ReverieError: links cannot begin with `url`.
    """
    base = base_of(host, port, url)
    hosts = Hosts(host, port, base)
    secure = base.startswith("https:")
    return ListeningApp(test, store, base, hosts, log, peek=peek, secure=secure)


def serve(
    test: ListeningTest, host: str, port: int, url: str | None, *, peek: bool, announce: bool
) -> None:
    """Serve `test` until it is interrupted.

    Args:
        test: which.
        host: address to listen at.
        port: likewise.
        url: what links begin with, where that is not the address.
        peek: whether the organiser sees answers before the end.
        announce: print the links first.

    Raises:
        ReverieError: the address cannot be had, the test is served already, its folder cannot be
            written, a sound of it was changed, or it is damaged.
    """
    if not os.access(test.folder, os.W_OK | os.X_OK):
        raise ReverieError(
            f"{test.folder} cannot be written, and answers are kept there.",
            "Let it be writable, or copy the whole folder to where it is and serve the copy.",
        )
    with only_one(test.folder), closing(open_socket(host, port)) as listening:
        sounds = test.sounds()
        if sounds.check_all():
            raise ReverieError(f"{sounds.told()}.", "Restore them from a copy of the folder.")
        log = ClientLog()
        with closing(test.store()) as store:
            store.checkpoint()
            app = make_app(test, store, host, listening.getsockname()[1], url, log, peek=peek)
            if announce:
                echo(f"The organiser's page: {app.organiser_link}")
                for one in store.participants():
                    echo(f"Participant {one.number}: {app.link(one.invitation)}")
                echo("Serving until Ctrl-C; every answer is kept as it is given.")
            make_server(app, log).run(sockets=[listening])
