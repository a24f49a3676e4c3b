"""Serving a test until Ctrl-C."""

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
            raise ReverieError(f"{sounds.report()}.", "Restore them from a copy of the folder.")
        log = ClientLog()
        with closing(test.store()) as store:
            store.checkpoint()
            app = make_app(test, store, host, listening.getsockname()[1], url, log, peek=peek)
            if announce:
                echo(f"The organiser's page: {app.organiser_link}")
                for participant in store.participants():
                    echo(f"Participant {participant.number}: {app.link(participant.invitation)}")
                echo("Serving until Ctrl-C; every answer is kept as it is given.")
            make_server(app.asgi(), log).run(sockets=[listening])
