"""Listening tests: made of chosen clips, served as a job, with links and results."""

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reverie.studio.answers import answer, text
from reverie.studio.bodies import Selected
from reverie.studio.jobs.files import last_output
from reverie.studio.listening import Made, Plan, links, make_test, results
from reverie.studio.studio import Studio
from reverie.web.bodies import read_json


def routes(studio: Studio) -> list[Route]:
    """The routes of this view."""
    return [
        Route("/api/listening", partial(_make, studio), methods=["POST"]),
        Route("/api/listening", partial(_about, studio)),
    ]


async def _make(studio: Studio, request: Request) -> Response:
    """Make a test, and put its serving into the queue."""
    body = await read_json(Selected, request, studio.hosts)
    made = await run_in_threadpool(_made, studio, body)
    job = await run_in_threadpool(studio.jobs.add, made.serve)
    return answer(
        {
            "line": made.serve.line,
            "lines": [made.design, made.serve.line],
            "path": job.record.out,
            "job": job.as_json(),
        },
        202,
    )


def _made(studio: Studio, body: Selected) -> Made:
    clips = tuple(dict.fromkeys(studio.home.file(path) for path in body.paths))
    plan = Plan(clips, body.title, body.mode, body.participants)
    return make_test(plan, studio.home, studio.asking, studio.hosts.host)


def _about(studio: Studio, request: Request) -> Response:
    """Tell of a test: its job, its links while it is served, and its results."""
    folder = studio.home.directory(text(request, "path"))
    name = studio.home.name(folder)
    jobs = [job for job in studio.jobs.all() if job.record.out == name]
    serving = next((job for job in jobs if job.record.kind == "serve"), None)
    told = (
        links(last_output(serving.folder))
        if serving is not None and serving.is_going
        else links("")
    )
    return answer(
        {
            "path": name,
            "job": None if serving is None else serving.as_json(),
            **told,
            **(results(folder) or {"results": None}),
        }
    )
