"""Clips: lists of them, and what a person marks them with."""

from functools import partial
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reverie.studio.answers import answer, page
from reverie.studio.bodies import Marked, Preset, Unwanted
from reverie.studio.clips import SORTS, IndexedClip, sort_key
from reverie.studio.media.media import Sound
from reverie.studio.problems import Problem
from reverie.studio.studio import Studio
from reverie.web.bodies import read_json

NO_MARKS: dict[str, Any] = {"star": False, "note": "", "bin": ""}


def routes(studio: Studio) -> list[Route]:
    """The routes of this view."""
    return [
        Route("/api/clips", partial(_clips, studio)),
        Route("/api/marks", partial(_mark, studio), methods=["POST"]),
        Route("/api/marks", partial(_marks, studio)),
        Route("/api/presets", partial(_presets, studio)),
        Route("/api/presets", partial(_preset, studio), methods=["POST"]),
        Route("/api/presets", partial(_unpreset, studio), methods=["DELETE"]),
    ]


def _clips(studio: Studio, request: Request) -> Response:
    """Answer with the clips of a folder, of a run, or of all folders, or with one clip."""
    name = request.query_params.get("sort", "number")
    if name.removeprefix("-") not in SORTS:
        raise Problem(422, "Clips cannot be sorted by that.", f"Known: {', '.join(SORTS)}.")

    def marks(path: Path) -> dict[str, Any]:
        return studio.marks.get(studio.home.name(path)) or NO_MARKS

    clips = [clip for clip in _asked(studio, request) if _wanted(marks(clip.path), request)]
    clips.sort(key=sort_key(name.removeprefix("-"), marks), reverse=name.startswith("-"))
    found = page(request, "clips", clips)
    found["clips"] = [
        _row(studio, clip, marks(clip.path), studio.runs.corpus_of_clips(clip.path.parent))
        for clip in found["clips"]
    ]
    return answer(found)


def _asked(studio: Studio, request: Request) -> list[IndexedClip]:
    """Return the clips that a request asks for."""
    asked = request.query_params
    if path := asked.get("path"):
        file = studio.home.file(path)
        return [clip for clip in studio.clips.clips(file.parent) if clip.path == file]
    if folder := asked.get("folder"):
        return studio.clips.clips(studio.home.directory(folder))
    run = asked.get("run", "")
    folders = (str(row["path"]) for row in studio.library.as_json()["clip_folders"])
    return [
        clip
        for name in folders
        if not run or name.startswith(f"{run}/")
        for clip in studio.clips.clips(studio.home.directory(name))
    ]


def _wanted(marks: dict[str, Any], request: Request) -> bool:
    """Return whether a clip's marks are those that a request asks for."""
    asked = request.query_params
    return ("star" not in asked or bool(marks["star"])) and (
        "bin" not in asked or marks["bin"] == asked["bin"]
    )


def _row(
    studio: Studio, clip: IndexedClip, marks: dict[str, Any], corpus: Path | None
) -> dict[str, Any]:
    sound = Sound(clip.path)
    told = dict(clip.provenance)
    settings: dict[str, Any] = told.get("settings") or {}
    return {
        "path": studio.home.name(clip.path),
        "number": clip.number,
        "seconds": clip.seconds,
        "rate_hz": clip.rate_hz,
        "changed": clip.changed,
        "health": studio.media.judged("health", sound, corpus),
        "copy": _judged_copy(studio, sound, corpus),
        "settings": settings,
        "seed": settings.get("seed"),
        "checkpoint": told.get("checkpoint"),
        "epoch": told.get("epoch"),
        "run": told.get("run"),
        "prompt": told.get("prompt"),
        "lacks": told.get("lacks", ""),
        **NO_MARKS,
        **marks,
    }


def _judged_copy(studio: Studio, sound: Sound, corpus: Path | None) -> dict[str, Any] | None:
    copying = None if corpus is None else studio.media.judged("copy", sound, corpus)
    return copying and {**copying, "corpus": corpus and studio.home.name(corpus)}


def _marks(studio: Studio, _: Request) -> Response:
    return answer({"marks": studio.marks.all()})


async def _mark(studio: Studio, request: Request) -> Response:
    """Change what is given of a clip's marks."""
    body = await read_json(Marked, request, studio.hosts)
    name = studio.home.name(await run_in_threadpool(studio.home.file, body.path))
    given = {"star": body.star, "note": body.note, "bin": body.bin}
    changed = {key: value for key, value in given.items() if value is not None}
    marks: dict[str, Any] = {**NO_MARKS, **(studio.marks.get(name) or {}), **changed}
    await run_in_threadpool(studio.marks.put, name, None if marks == NO_MARKS else marks)
    studio.events.send("changed", {"kinds": ["marks"]})
    return answer({"path": name, **marks})


def _presets(studio: Studio, _: Request) -> Response:
    return answer({"presets": studio.presets.all()})


async def _preset(studio: Studio, request: Request) -> Response:
    body = await read_json(Preset, request, studio.hosts)
    await run_in_threadpool(studio.presets.put, body.name, body.settings)
    studio.events.send("changed", {"kinds": ["presets"]})
    return answer({"presets": studio.presets.all()})


async def _unpreset(studio: Studio, request: Request) -> Response:
    body = await read_json(Unwanted, request, studio.hosts)
    await run_in_threadpool(studio.presets.put, body.name, None)
    studio.events.send("changed", {"kinds": ["presets"]})
    return answer({"presets": studio.presets.all()})
