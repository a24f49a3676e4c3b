"""Commands, and the jobs that they become."""

from collections.abc import Callable
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reverie.studio.answers import answer, page
from reverie.studio.bodies import Asked, Nothing
from reverie.studio.jobs.command import checked
from reverie.studio.jobs.files import last_output
from reverie.studio.jobs.job import Job
from reverie.studio.studio import Studio
from reverie.web.bodies import read_json

LARGEST_COMMAND_BYTES = 4 << 20
"""A corpus of thousands of recordings has a word or two for each that is left out."""


def routes(studio: Studio) -> list[Route]:
    """The routes of this view."""
    jobs = studio.jobs
    return [
        Route("/api/command", partial(_command, studio), methods=["POST"]),
        Route("/api/jobs", partial(_jobs, studio)),
        Route("/api/jobs/{id}", partial(_job, studio)),
        Route("/api/jobs/{id}/stop", partial(_change, studio, jobs.stop), methods=["POST"]),
        Route("/api/jobs/{id}/continue", partial(_change, studio, jobs.resume), methods=["POST"]),
        Route("/api/jobs/{id}/remove", partial(_change, studio, jobs.remove), methods=["POST"]),
    ]


async def _command(studio: Studio, request: Request) -> Response:
    """Check a command, and put it into the queue unless it is only to be shown."""
    asked = await read_json(Asked, request, studio.hosts, LARGEST_COMMAND_BYTES)
    command = await run_in_threadpool(checked, asked.command, studio.home)
    if asked.dry:
        return answer({"line": command.line})
    job = await run_in_threadpool(studio.jobs.add, command)
    return answer({"line": command.line, "job": job.as_json()}, 202)


def _jobs(studio: Studio, request: Request) -> Response:
    return answer(page(request, "jobs", [job.as_json() for job in studio.jobs.all()]))


def _job(studio: Studio, request: Request) -> Response:
    job = studio.jobs.get(str(request.path_params["id"]))
    return answer({**job.as_json(), "tail": last_output(job.folder)})


async def _change(
    studio: Studio, change: Callable[[str], Job | None], request: Request
) -> Response:
    await read_json(Nothing, request, studio.hosts)
    job = await run_in_threadpool(change, str(request.path_params["id"]))
    return answer({"removed": True} if job is None else job.as_json())
