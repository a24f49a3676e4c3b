"""Recordings that are dropped on the page."""

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reverie.studio.answers import answer, text
from reverie.studio.problems import Problem
from reverie.studio.studio import Studio
from reverie.studio.uploads import receive, require_room, target_of
from reverie.web.bodies import body_pieces

LARGEST_BYTES = 1 << 40
_LONGEST_NUMBER = 15


def routes(studio: Studio) -> list[Route]:
    """The routes of this view."""
    return [
        Route("/api/upload", partial(_upload, studio), methods=["PUT"]),
        Route("/api/upload", partial(_would, studio)),
    ]


async def _upload(studio: Studio, request: Request) -> Response:
    """Write one file as it arrives."""
    path = await run_in_threadpool(
        target_of, studio.home, text(request, "folder"), text(request, "file")
    )
    pieces = body_pieces(request, LARGEST_BYTES)
    uploaded = await receive(pieces, path, _bytes(request.headers.get("content-length", "0")))
    told = {"path": studio.home.name(uploaded.path), "new": uploaded.is_new}
    return answer(told, 201 if uploaded.is_new else 200)


def _would(studio: Studio, request: Request) -> Response:
    """Say before anything is sent whether a file would be taken, and under which name."""
    path = target_of(studio.home, text(request, "folder"), text(request, "file"))
    size = _bytes(text(request, "bytes"))
    there = path.stat().st_size if path.is_file() else None
    if there is None:
        require_room(path.parent, size)
    elif there != size:
        raise Problem(409, f"{path.name} is there already, with another content.", "Rename it.")
    return answer({"path": studio.home.name(path), "there": there is not None})


def _bytes(number: str) -> int:
    return int(number) if number.isdecimal() and len(number) <= _LONGEST_NUMBER else 0
