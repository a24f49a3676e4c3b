"""What a training would take, before it is started."""

import asyncio
import json
import threading
from collections.abc import Mapping
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reverie.studio.answers import answer
from reverie.studio.bodies import Estimated
from reverie.studio.jobs.command import Command, checked
from reverie.studio.studio import Studio
from reverie.web.bodies import read_json

_LOOK_SECONDS = 0.2


def routes(studio: Studio) -> list[Route]:
    """The routes of this view."""
    return [Route("/api/estimate", partial(_estimate, studio), methods=["POST"])]


async def _estimate(studio: Studio, request: Request) -> Response:
    """Ask the command line, which takes a few real steps in a process of its own."""
    body = await read_json(Estimated, request, studio.hosts)
    command = await run_in_threadpool(_command, studio, body)
    words, gone = [*command.words, "--json", "--quiet"], threading.Event()
    watching = asyncio.create_task(_watch(request, gone))
    try:
        printed = await run_in_threadpool(studio.asking.ask, words, gone)
    finally:
        watching.cancel()
    found = json.loads(printed)
    return answer(
        {
            "line": command.line,
            "seconds": found["seconds"],
            "epoch_seconds": found["epoch_seconds"],
            "steps_per_epoch": found["steps_per_epoch"],
            "needs": found["needs"],
            "lines": found["lines"],
        }
    )


async def _watch(request: Request, gone: threading.Event) -> None:
    """Tell when the page that asked waits no more: other settings were chosen, or another view."""
    while not await request.is_disconnected():
        await asyncio.sleep(_LOOK_SECONDS)
    gone.set()


def _command(studio: Studio, body: Estimated) -> Command:
    folder = studio.home.directory(body.corpus)
    studio.corpora.manifest(folder)  # or recordings would be prepared first
    begun = ["--recipe", body.recipe] if body.init_from is None else ["--from", body.init_from]
    words = ["train", body.corpus, *begun, "--dry-run"]
    if body.out is not None:
        words += ["--out", body.out]
    return checked([*words, *assignments(body.settings)], studio.home)


def assignments(settings: Mapping[str, bool | int | float | str]) -> list[str]:
    """Return the options that change settings."""
    words: list[str] = []
    for name, value in settings.items():
        told = value if isinstance(value, str) else json.dumps(value)
        words += ["--set", f"{name}={told}"]
    return words
