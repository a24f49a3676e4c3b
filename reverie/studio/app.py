"""The web app of a studio: routes by view, behind the checks that every request passes."""

from starlette.applications import Starlette
from starlette.types import ASGIApp

from reverie.errors import ReverieError
from reverie.studio.access import Access
from reverie.studio.problems import answer_os_error, answer_problem, answer_refused
from reverie.studio.routes import (
    about,
    clips,
    estimate,
    events,
    experiments,
    jobs,
    library,
    listening,
    page,
    playing,
    save,
    sounds,
    uploads,
)
from reverie.studio.studio import Studio
from reverie.web.clients import ClientLog
from reverie.web.guard import Guard
from reverie.web.refused import Refused

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self'; "
    "font-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""What the page may load: no script but the studio's own files."""
_MISDIRECTED = "This is not the address of the studio. Open the link that the terminal shows."
_VIEWS = (
    page, about, events, library, jobs, sounds, clips, uploads, estimate, listening, playing, save,
    experiments,
)  # fmt: skip
"""Each has a function `routes`."""


def make_app(studio: Studio, log: ClientLog, token: str = "") -> ASGIApp:
    """Return the app of a studio for a server.

    Args:
        studio: to serve.
        log: reports clients that misbehave.
        token: which every request must have; empty for none.
    """
    app = Starlette(
        routes=[route for view in _VIEWS for route in view.routes(studio)],
        exception_handlers={
            ReverieError: answer_problem, Refused: answer_refused, OSError: answer_os_error,
        },
    )  # fmt: skip
    app.router.redirect_slashes = False
    return Guard(
        Access(app, studio.hosts, token),
        studio.hosts,
        log,
        misdirected=_MISDIRECTED,
        remedy="if it is this server's, start the studio with that host",
        policy=POLICY,
    )
