"""Sounds to play, their waveforms and pictures, and the verdicts on clips."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from reverie.audio.formats import is_audio_name
from reverie.corpus.manifest import read_manifest
from reverie.studio.answers import answer, number, text
from reverie.studio.media.corpus_wav import corpus_wav
from reverie.studio.media.media import Sound
from reverie.studio.problems import Problem, missing
from reverie.studio.studio import Studio

Result = TypeVar("Result")
MOST_PEAKS = 4000
AT_ONCE = 4
"""Sounds that are read at once: the threads that answer other requests stay free."""
_TYPES = {".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg", ".ogg": "audio/ogg",
          ".opus": "audio/ogg", ".m4a": "audio/mp4", ".aac": "audio/aac"}  # fmt: skip
_KEPT = {"Cache-Control": "no-cache"}


def routes(studio: Studio) -> list[Route]:
    """The routes of this view."""
    slow = _Slow()
    return [
        Route("/api/sound", partial(_sound, studio)),
        Route("/api/peaks", partial(_peaks, studio, slow)),
        Route("/api/picture", partial(_picture, studio, slow)),
        Route("/api/health", partial(_health, studio, slow)),
        Route("/api/copy", partial(_copy, studio, slow)),
    ]


class _Slow:
    """Lets a few slow calls run at once; the others wait without a thread."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(AT_ONCE)

    async def run(self, call: Callable[..., Result], *arguments: object) -> Result:
        """Return what a call returns."""
        async with self._room:
            return await run_in_threadpool(call, *arguments)


def _sound(studio: Studio, request: Request) -> Response:
    sound = _asked(studio, request)
    if sound.source is None:
        kind = _TYPES.get(sound.path.suffix.lower(), "application/octet-stream")
        return FileResponse(sound.path, media_type=kind, headers=_KEPT)
    manifest = read_manifest(sound.path)
    return corpus_wav(request, sound.path, manifest.recordings[sound.source], manifest.rate_hz)


async def _peaks(studio: Studio, slow: _Slow, request: Request) -> Response:
    count = max(1, number(request, "count", 800, MOST_PEAKS))
    sound = await run_in_threadpool(_asked, studio, request)
    content = await slow.run(studio.media.peaks, sound, count)
    return Response(content, media_type="application/json")


async def _picture(studio: Studio, slow: _Slow, request: Request) -> Response:
    sound = await run_in_threadpool(_asked, studio, request)
    path = await slow.run(studio.media.picture, sound)
    return FileResponse(path, media_type="image/png", headers=_KEPT)


async def _health(studio: Studio, slow: _Slow, request: Request) -> Response:
    sound = await run_in_threadpool(_asked, studio, request)
    corpus = await run_in_threadpool(studio.runs.corpus_of_clips, sound.path.parent)
    return answer(await slow.run(studio.media.health, sound, corpus))


async def _copy(studio: Studio, slow: _Slow, request: Request) -> Response:
    """Say what a clip repeats of the recordings it was learnt from, and where they are."""
    sound = await run_in_threadpool(_asked, studio, request)
    corpus = await run_in_threadpool(studio.runs.corpus_of_clips, sound.path.parent)
    if corpus is None:
        raise Problem(409, "The corpus of the clip is not found.", "Put it beside the run.")
    told = await slow.run(studio.media.copying, sound, corpus)
    return answer({**told, "corpus": studio.home.name(corpus)})


def _asked(studio: Studio, request: Request) -> Sound:
    """Return the sound that a request names: a file, or a recording of a corpus.

    Raises:
        Problem: there is none.
    """
    name = text(request, "path")
    if "source" not in request.query_params:
        path = studio.home.file(name)
        if not is_audio_name(path.name):
            raise missing(name, "sound")
        return Sound(path)
    folder, source = studio.home.directory(name), number(request, "source", 0)
    if source >= len(studio.corpora.manifest(folder).recordings):
        raise missing(f"{name}, {source}", "recording")
    return Sound(folder, source)
