"""What is in the studio's folder: the whole of it, and one thing at a time."""

from functools import partial
from pathlib import Path

import typer
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reverie.studio.answers import answer, page, text
from reverie.studio.bodies import Folder, Shown, Ticks
from reverie.studio.problems import Problem
from reverie.studio.studio import Studio
from reverie.web.bodies import read_json

LARGEST_TICKS_BYTES = 4 << 20


def routes(studio: Studio) -> list[Route]:
    """The routes of this view."""
    return [
        Route("/api/library", partial(_library, studio)),
        Route("/api/corpus", partial(_corpus, studio)),
        Route("/api/recordings", partial(_recordings, studio)),
        Route("/api/run", partial(_run, studio)),
        Route("/api/ticks", partial(_tick, studio), methods=["POST"]),
        Route("/api/show", partial(_show, studio), methods=["POST"]),
        Route("/api/folders", partial(_add, studio), methods=["POST"]),
        Route("/api/folders", partial(_forget, studio), methods=["DELETE"]),
    ]


def _library(studio: Studio, _: Request) -> Response:
    return answer(studio.library.as_json())


def _corpus(studio: Studio, request: Request) -> Response:
    folder = studio.home.directory(text(request, "path"))
    rows = page(request, "recordings", studio.corpora.recordings(folder))
    return answer({**studio.corpora.detail(folder), **rows})


def _recordings(studio: Studio, request: Request) -> Response:
    """Tell of recordings before they are prepared, with the ticks that were set."""
    folder = studio.home.directory(text(request, "path"))
    name = studio.home.name(folder)
    rows = page(request, "recordings", studio.corpora.files(folder))
    none: dict[str, list[str]] = {"leave_out": [], "hold_out": [], "train_on": []}
    return answer({"path": name, "ticks": studio.ticks.get(name) or none, **rows})


def _run(studio: Studio, request: Request) -> Response:
    return answer(studio.runs.detail(studio.home.directory(text(request, "path"))))


async def _tick(studio: Studio, request: Request) -> Response:
    """Keep a person's choices among the recordings of a folder."""
    body = await read_json(Ticks, request, studio.hosts, LARGEST_TICKS_BYTES)
    folder = await run_in_threadpool(studio.home.directory, body.path)
    chosen = {"leave_out": body.leave_out, "hold_out": body.hold_out, "train_on": body.train_on}
    name = studio.home.name(folder)
    await run_in_threadpool(studio.ticks.put, name, chosen if any(chosen.values()) else None)
    studio.events.send("changed", {"kinds": ["recordings"]})
    return answer({"path": name, "ticks": chosen})


async def _show(studio: Studio, request: Request) -> Response:
    """Show a file in its folder, or a folder, in the file manager of this machine."""
    body = await read_json(Shown, request, studio.hosts)
    if studio.token_required:
        raise Problem(
            403, "The studio may run on another machine than yours.", "Copy the path instead."
        )
    path = await run_in_threadpool(studio.home.existing, body.path)
    code = await run_in_threadpool(typer.launch, str(path), locate=path.is_file())
    if code:
        raise Problem(501, "This machine has no file manager.", f"It is in {path}.")
    return answer({"path": str(path)})


async def _add(studio: Studio, request: Request) -> Response:
    body = await read_json(Folder, request, studio.hosts)
    await run_in_threadpool(studio.home.add, body.path)
    return _added(studio)


async def _forget(studio: Studio, request: Request) -> Response:
    body = await read_json(Folder, request, studio.hosts)
    await run_in_threadpool(studio.home.forget, body.path)
    return _added(studio)


def _added(studio: Studio) -> Response:
    studio.events.send("changed", {"kinds": ["recordings", "corpora", "runs", "clip_folders"]})
    added: tuple[Path, ...] = studio.home.added
    return answer({"added": [str(folder) for folder in added]})
