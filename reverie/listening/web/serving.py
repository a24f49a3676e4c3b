"""Serving a test until Ctrl-C."""

import socket
from contextlib import closing

import uvicorn

from reverie.errors import ReverieError
from reverie.listening.folder import ListeningTest
from reverie.listening.web.server import ListeningApp
from reverie.storage import only_one


def open_socket(host: str, port: int) -> socket.socket:
    """Listen at `host` and `port`; port 0 takes any that is free.

    Raises:
        ReverieError: it cannot be had.
    """
    if not 0 <= port < 1 << 16:
        raise ReverieError(f"there is no port {port}.", "Choose another --port, 0 to 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        raise ReverieError(
            f"cannot listen at {host}:{port}: {str(error).lower()}.",
            "Choose another --port or --host.",
        ) from error


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
        ReverieError: the address cannot be had, the test is served already, or it is damaged.
    """
    with only_one(test.folder), closing(open_socket(host, port)) as listening:
        shown = f"[{host}]" if ":" in host else host
        base = (url or f"http://{shown}:{listening.getsockname()[1]}").rstrip("/")
        with closing(test.store()) as store:
            app = ListeningApp(test, store, base, peek=peek, secure=base.startswith("https:"))
            if announce:
                print(f"The organiser's page: {app.organiser_link}", flush=True)
                for one in store.participants():
                    print(f"Participant {one.number}: {app.link(one.invitation)}", flush=True)
                print("Serving until Ctrl-C; every answer is kept as it is given.", flush=True)
            config = uvicorn.Config(
                app.asgi(),
                log_level="warning",
                access_log=False,
                server_header=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=5,
            )
            uvicorn.Server(config).run(sockets=[listening])
