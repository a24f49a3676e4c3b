"""Clips that are taken away, as files of the format that is wanted, and exported runs."""

import time
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from reverie.audio.formats import is_audio_name
from reverie.studio.answers import answer, text
from reverie.studio.bodies import Saved
from reverie.studio.jobs.command import Command, checked
from reverie.studio.problems import Problem
from reverie.studio.studio import Studio
from reverie.web.bodies import read_json

FOLDER = "saved"
"""Where they go, in the studio's folder."""
LARGEST_SELECTION_BYTES = 8 << 20


def routes(studio: Studio) -> list[Route]:
    """The routes of this view."""
    return [
        Route("/api/save", partial(_save, studio), methods=["POST"]),
        Route("/api/download", partial(_download, studio)),
    ]


async def _save(studio: Studio, request: Request) -> Response:
    body = await read_json(Saved, request, studio.hosts, LARGEST_SELECTION_BYTES)
    command = await run_in_threadpool(_command, studio, body)
    if body.dry:
        return answer({"line": command.line})
    job = await run_in_threadpool(studio.jobs.add, command)
    told = {"line": command.line, "path": job.record.out, "job": job.as_json()}
    return answer(told, 202)


def _command(studio: Studio, body: Saved) -> Command:
    name = time.strftime("%Y%m%d-%H%M%S")
    to = f"{FOLDER}/{name}{'.zip' if body.zip else ''}"
    flags = {"--trim": body.trim, "--loop": body.loop, "--bars": body.bars}
    chosen = [flag for flag, wanted in flags.items() if wanted]
    words = ["save", *body.paths, "--to", to, "--format", body.format, *chosen]
    return checked(words, studio.home)


def _download(studio: Studio, request: Request) -> Response:
    """Send what a job saved or exported: its file, or the one sound in its folder."""
    job = studio.jobs.get(text(request, "job"))
    if job.record.kind not in ("save", "export") or job.state != "done" or job.record.out is None:
        raise Problem(409, "That job has saved nothing to send.", "Wait for its end.")
    path = studio.home.path(job.record.out)
    if path.is_dir():
        sounds = [file for file in sorted(path.iterdir()) if is_audio_name(file.name)]
        if len(sounds) != 1:
            raise Problem(409, f"{len(sounds)} files are in {job.record.out}.", "Open the folder.")
        path = sounds[0]
    return FileResponse(path, filename=path.name, media_type="application/octet-stream")
