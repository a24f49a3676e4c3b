"""Endless playing."""

import shlex
from functools import partial
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from reverie.audio.provenance import DRAWN
from reverie.studio.answers import answer
from reverie.studio.home import Home
from reverie.studio.playing.bodies import Kept, Played, Reported, Steered
from reverie.studio.playing.session import Command, Session
from reverie.studio.studio import Studio
from reverie.web.bodies import read_json

"""What a prompt may be that is no file."""
_TYPE = "application/octet-stream"


def routes(studio: Studio) -> list[Route]:
    """The routes of this view."""
    return [
        Route("/api/play", partial(_begin, studio), methods=["POST"]),
        Route("/api/play/{session}", partial(_look, studio)),
        Route("/api/play/{session}", partial(_steer, studio), methods=["POST"]),
        Route("/api/play/{session}", partial(_end, studio), methods=["DELETE"]),
        Route("/api/play/{session}/pcm", partial(_listen, studio)),
        Route("/api/play/{session}/heard", partial(_heard, studio), methods=["POST"]),
        Route("/api/play/{session}/keep", partial(_keep, studio), methods=["POST"]),
    ]


async def _begin(studio: Studio, request: Request) -> Response:
    asked = await read_json(Played, request, studio.hosts)
    session = await studio.playing.begin(_what(studio.home, asked))
    return answer({"session": session.name, "line": _line(asked)}, 201)


async def _look(studio: Studio, request: Request) -> Response:
    session = _session(studio, request)
    session.sign()
    return answer(_told(studio.home, session))


async def _steer(studio: Studio, request: Request) -> Response:
    """Change settings, the prompt or the run while it plays."""
    asked = await read_json(Steered, request, studio.hosts)
    session = _session(studio, request)
    said: Command = {}
    if asked.run is not None:
        played = Played(
            asked.run,
            asked.prompt or "held-out",
            asked.prompt_at_seconds,
            asked.checkpoint,
            asked.settings,
        )
        said = await session.do({"do": "run", **_what(studio.home, played)})
    elif asked.prompt is not None or asked.reset:
        settings: Command = {**asked.settings}
        if asked.prompt is not None:
            settings["prompt_at_seconds"] = asked.prompt_at_seconds
        prompt = None if asked.prompt is None else _prompt(studio.home, asked.prompt)
        said = await session.do({"do": "prompt", "prompt": prompt, "settings": settings})
    elif asked.settings:
        said = await session.do({"do": "settings", "settings": asked.settings})
    session.sign()
    return answer(_told(studio.home, session) | {"at_seconds": said.get("at_seconds")})


async def _heard(studio: Studio, request: Request) -> Response:
    """Take the page's word on how much was heard."""
    said = await read_json(Reported, request, studio.hosts)
    _session(studio, request).report(said.seconds, said.gaps, is_moving=said.plays)
    return answer({})


async def _keep(studio: Studio, request: Request) -> Response:
    asked = await read_json(Kept, request, studio.hosts)
    said = await _session(studio, request).do({"do": "keep", "seconds": asked.seconds})
    path = Path(said["path"])
    studio.events.send("changed", {"kinds": ["clips", "clip_folders"]})
    return answer({"path": studio.home.name(path), "seconds": said["seconds"]}, 201)


async def _end(studio: Studio, request: Request) -> Response:
    await studio.playing.end(str(request.path_params["session"]))
    return answer({})


async def _listen(studio: Studio, request: Request) -> Response:
    session = _session(studio, request)
    return StreamingResponse(session.listen(), headers={"Cache-Control": "no-store"},
                             media_type=_TYPE)  # fmt: skip


def _session(studio: Studio, request: Request) -> Session:
    return studio.playing.get(str(request.path_params["session"]))


def _what(home: Home, asked: Played) -> Command:
    """What a player is to play, with real paths."""
    settings: Command = {"checkpoint": asked.checkpoint, **asked.settings}
    if asked.prompt_at_seconds is not None:
        settings["prompt_at_seconds"] = asked.prompt_at_seconds
    return {
        "run": str(home.directory(asked.run)),
        "prompt": _prompt(home, asked.prompt),
        "settings": settings,
    }


def _line(asked: Played) -> str:
    """The command line that makes a minute of the same."""
    words = ["reverie", "generate", asked.run, "--checkpoint", asked.checkpoint,
             "--prompt", asked.prompt, "--seconds", "60", "--count", "1"]  # fmt: skip
    if asked.prompt_at_seconds is not None:
        words += ["--prompt-at", f"{asked.prompt_at_seconds:g}"]
    for name, value in asked.settings.items():
        option = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{option}" if value else f"--no-{option}")
        elif value is not None:
            words += [f"--{option}", f"{value:g}" if isinstance(value, float) else str(value)]
    return shlex.join(words)


def _prompt(home: Home, name: str) -> str:
    return name if name in DRAWN else str(home.file(name))


def _told(home: Home, session: Session) -> dict[str, Any]:
    """What plays, with names instead of paths."""
    state = dict(session.state)
    if state:
        state["run"] = home.name(Path(state["run"]))
    return {"is_ready": session.is_ready, **state}
