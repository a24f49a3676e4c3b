"""What the page needs to know before anything else."""

import shutil
from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reverie import __version__
from reverie.studio.answers import answer
from reverie.studio.routes.page import STATIC
from reverie.studio.settings_words import all_settings, recipes
from reverie.studio.studio import Studio
from reverie.web.texts import texts_in

TEXTS: Path = STATIC / "texts"


def routes(studio: Studio) -> list[Route]:
    """The routes of this view."""
    return [Route("/api/about", partial(_about, studio))]


def _about(studio: Studio, _: Request) -> Response:
    return answer(
        {
            "version": __version__,
            "folder": str(studio.home.folder),
            "added": [str(folder) for folder in studio.home.added],
            "free_bytes": shutil.disk_usage(studio.home.folder).free,
            "token_required": studio.token_required,
            "texts": texts_in(TEXTS),
            "recipes": recipes(),
            "settings": all_settings(),
        }
    )
