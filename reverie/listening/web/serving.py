"""Serving a test until Ctrl-C."""

import socket
from contextlib import closing
from urllib.parse import urlsplit

import uvicorn

from reverie.errors import ReverieError
from reverie.listening.folder import ListeningTest
from reverie.listening.web.server import ListeningApp
from reverie.storage import only_one
from reverie.terminal import echo


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


def _base(host: str, port: int, url: str | None) -> str:
    """What links begin with.

    Raises:
        ReverieError: `url` is more, or less, than a scheme and a host.
    """
    if url is not None:
        parts = urlsplit(url.rstrip("/"))
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or parts.query:
            raise ReverieError(
                f"links cannot begin with {url!r}.",
                "Give --url as https://host or https://host:port.",
            )
        return f"{parts.scheme}://{parts.netloc}"
    if host in {"0.0.0.0", "::"}:  # every address of this machine: others know it by its name
        host = socket.gethostname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


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
        base = _base(host, listening.getsockname()[1], url)
        with closing(test.store()) as store:
            app = ListeningApp(test, store, base, peek=peek, secure=base.startswith("https:"))
            if announce:
                echo(f"The organiser's page: {app.organiser_link}")
                for one in store.participants():
                    echo(f"Participant {one.number}: {app.link(one.invitation)}")
                echo("Serving until Ctrl-C; every answer is kept as it is given.")
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
