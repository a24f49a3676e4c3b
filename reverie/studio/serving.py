"""Serve a studio until Ctrl-C."""

import ipaddress
import secrets
import threading
import webbrowser
from collections.abc import Generator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path

from reverie.storage import clear_disk_errors, only_one
from reverie.studio.app import make_app
from reverie.studio.asking import Asking
from reverie.studio.clips import ClipIndex
from reverie.studio.corpora import Corpora
from reverie.studio.events import Events
from reverie.studio.home import Home
from reverie.studio.jobs.jobs import Jobs
from reverie.studio.kept import Kept
from reverie.studio.library import Library
from reverie.studio.media.media import Media
from reverie.studio.playing.sessions import Sessions
from reverie.studio.runs import Runs
from reverie.studio.studio import Studio
from reverie.terminal import echo
from reverie.web.clients import ClientLog
from reverie.web.connections import Limits
from reverie.web.hosts import Hosts, base_of
from reverie.web.server import make_server, open_socket

DAY_SECONDS = 24 * 3600.0
LIMITS = Limits(
    body_seconds=DAY_SECONDS,
    body_pause_seconds=30.0,
    answer_seconds=DAY_SECONDS,
    connections=256,
    of_client=192,
)
"""An upload, the stream of events and endless music take as long as they take, but for pauses."""


def serve(folder: Path, host: str, port: int, *, show: bool) -> None:
    """Serve the studio of `folder` until it is interrupted.

    Args:
        folder: of the studio; made if it is missing.
        host: the address to listen at; another than this machine's own needs a token.
        port: the port to listen at; 0 takes any free one.
        show: open the page in the browser.

    Raises:
        ReverieError: the folder cannot be written, or the address is not available.
    """
    with closing(open_socket(host, port)) as listening:
        base = base_of(host, listening.getsockname()[1], None)
        token = "" if is_loopback(host) else secrets.token_urlsafe(24)
        log = ClientLog()
        studio = make_studio(folder, Hosts(host, listening.getsockname()[1], base), bool(token))
        link = f"{base}/?token={token}" if token else base
        app = make_app(studio, log, token)
        with only_one(studio.home.state), working(studio):
            echo(f"The studio of {studio.home.folder}: {link}")
            echo("Open until Ctrl-C; what runs goes on without it.")
            if show:
                webbrowser.open(link)
            make_server(app, log, LIMITS, studio.end_streams).run(sockets=[listening])


@contextmanager
def working(studio: Studio) -> Generator[None]:
    """Start jobs that wait, in a thread, as long as this lasts."""
    stop = threading.Event()
    queue = threading.Thread(target=studio.jobs.run_queue, args=(stop,), daemon=True)
    queue.start()
    try:
        yield
    finally:
        stop.set()
        queue.join()
        studio.media.end()


def make_studio(folder: Path, hosts: Hosts, token_required: bool) -> Studio:
    """Open the studio of `folder`.

    Args:
        folder: made if it is missing.
        hosts: the names of the server.
        token_required: whether requests need a token.

    Raises:
        ReverieError: the folder cannot be written.
    """
    with clear_disk_errors(folder):
        home = Home(folder)
    corpora = Corpora(home)
    runs, jobs = Runs(home, corpora), Jobs(home)
    library = Library(home, runs)
    return Studio(
        home=home,
        library=library,
        corpora=corpora,
        runs=runs,
        clips=ClipIndex(),
        media=Media(home.state),
        marks=Kept(home.state / "marks.json"),
        presets=Kept(home.state / "presets.json"),
        ticks=Kept(home.state / "ticks.json"),
        jobs=jobs,
        playing=Sessions(),
        asking=Asking(home.folder),
        events=Events(lambda: chain(library.changes(), jobs.changes())),
        hosts=hosts,
        token_required=token_required,
    )


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
