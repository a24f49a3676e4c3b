"""Serve a test until Ctrl-C."""

import os
from contextlib import closing

from reverie.errors import ReverieError
from reverie.listening.folder import ListeningTest
from reverie.listening.store.writer import Store
from reverie.listening.web.app import ListeningApp
from reverie.storage import only_one
from reverie.terminal import echo
from reverie.web.clients import ClientLog
from reverie.web.hosts import Hosts, base_of
from reverie.web.server import make_server, open_socket


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
    """Make the app of `test` at an address.

    Args:
        test: to serve.
        store: its database.
        host: the address to listen at.
        port: the port to listen at.
        url: the beginning of links, if it is not the address.
        log: reports clients that misbehave.
        peek: show the organiser answers before the end.

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
        test: to serve.
        host: the address to listen at.
        port: the port to listen at.
        url: the beginning of links, if it is not the address.
        peek: show the organiser answers before the end.
        announce: print the links first.

    Raises:
        ReverieError: the address is not available, the test is already being served, its folder
            cannot be written, one of its sounds has changed, or it is damaged.
    """
    if not os.access(test.folder, os.W_OK | os.X_OK):
        raise ReverieError(
            f"{test.folder} cannot be written, but answers are stored there.",
            "Make it writable, or copy the whole folder to a writable place and serve the copy.",
        )
    with only_one(test.folder), closing(open_socket(host, port)) as listening:
        sounds = test.sounds()
        if sounds.check_all():
            raise ReverieError(f"{sounds.report()}.", "Restore them from a copy of the folder.")
        log = ClientLog()
        with closing(test.store()) as store:
            store.checkpoint()
            app = make_app(test, store, host, listening.getsockname()[1], url, log, peek=peek)
            if announce:
                echo(f"The organiser's page: {app.organiser_link}")
                for participant in store.participants():
                    echo(f"Participant {participant.number}: {app.link(participant.invitation)}")
                echo("Serving until Ctrl-C; every answer is stored at once.")
            make_server(app.asgi(), log).run(sockets=[listening])
