"""The page itself: its HTML, scripts and styles."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from reverie.studio.problems import missing
from reverie.studio.studio import Studio

STATIC = Path(__file__).parents[1] / "static"
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_FRESH = {"Cache-Control": "no-cache"}
"""Kept by the browser, which asks each time whether it changed."""


def routes(_: Studio) -> list[Route]:
    """The routes of this view."""
    return [Route("/", _index), Route("/static/{name:path}", _static)]


def _index(_: Request) -> Response:
    return FileResponse(STATIC / "index.html", media_type="text/html", headers=_FRESH)


def _static(request: Request) -> Response:
    name = str(request.path_params["name"])
    path = (STATIC / name).resolve()
    kind = _TYPES.get(path.suffix)
    if "\0" in name or kind is None or STATIC.resolve() not in path.parents or not path.is_file():
        raise missing(name, "file")
    return FileResponse(path, media_type=kind, headers=_FRESH)
