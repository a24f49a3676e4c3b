"""A listening test of clips that were chosen on the page."""

import os
import re
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.errors import ReverieError
from reverie.generation.folder import SUFFIXES
from reverie.records import read_json
from reverie.storage import own_folder
from reverie.studio.asking import Asking
from reverie.studio.home import Home
from reverie.studio.jobs.command import Command, line_of
from reverie.studio.problems import Problem

FOLDER = "listening"
"""Where tests go, in the studio's folder."""
_ORGANISER = re.compile(r"^The organiser's page: (\S+)$", re.MULTILINE)
_PARTICIPANT = re.compile(r"^Participant (\d+): (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Plan:
    """What a test is made of."""

    clips: tuple[Path, ...]
    title: str
    mode: str
    participants: int


@dataclass(frozen=True)
class Made:
    """A test that was made, and the command that serves it."""

    design: str
    """The line that made it."""
    serve: Command


def make_test(plan: Plan, home: Home, asking: Asking, host: str) -> Made:
    """Make a test: clips of one folder are one condition.

    Args:
        plan: what it is made of.
        home: where it goes.
        asking: runs the command that makes it.
        host: the address that it is served at.

    Raises:
        Problem: the clips do not make a test.
    """
    name = time.strftime("%Y%m%d-%H%M%S")
    out = home.folder / FOLDER / name
    sounds = own_folder(home.state / FOLDER) / name
    try:
        conditions = _gathered(plan.clips, sounds, home)
        count = min(len(plan.clips), 30)
        words = [
            "listen", "design", *map(str, conditions), "--out", str(out), "--mode", plan.mode,
            "--participants", str(plan.participants), "--clips", str(count),
            "--set", f"title={plan.title}", "--set", "anchors=0", "--set", "repeats=0",
            "--set", "practice=0", "--set", "same_clips=true", "--set", "shortest_seconds=0.5",
        ]  # fmt: skip
        asking.ask([*words, "--quiet"])
    finally:
        shutil.rmtree(sounds, ignore_errors=True)  # the test has copies of its own
    # Another port may be free when it goes on.
    serve = ("listen", "serve", home.name(out), "--host", host, "--port", "0")
    return Made(line_of(words), Command(serve, "serve", "service", out))


def links(output: str) -> dict[str, Any]:
    """Return the links that a served test printed."""
    organiser = _ORGANISER.findall(output)
    people = {int(number): link for number, link in _PARTICIPANT.findall(output)}
    return {
        "organiser": organiser[-1] if organiser else None,
        "participants": [people[number] for number in sorted(people)],
    }


def results(folder: Path) -> dict[str, Any] | None:
    """Return the results that were worked out last for a test; None if none were."""
    with suppress(ReverieError):
        return {"results": read_json(folder / "results.json", "results")}
    return None


def _gathered(clips: tuple[Path, ...], sounds: Path, home: Home) -> list[Path]:
    """Copy the clips into a folder for each condition."""
    conditions: dict[Path, Path] = {}
    for number, clip in enumerate(clips, 1):
        if clip.suffix.lower() not in SUFFIXES:
            raise Problem(422, f"{clip.name} is no WAV or FLAC file.", "Choose other clips.")
        # Distinct, and telling for the organiser.
        named = re.sub(r"[^\w-]+", "-", home.name(clip.parent)).strip("-")[-80:] or "clips"
        folder = conditions.setdefault(clip.parent, sounds / f"{len(conditions) + 1}-{named}")
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{number:03d}{clip.suffix.lower()}"
        try:
            os.link(clip, target)
        except OSError:
            shutil.copyfile(clip, target)
    if len(conditions) == 1:
        # Clips of one folder are compared with each other: each is a condition.
        return _apart(next(iter(conditions.values())))
    return list(conditions.values())


def _apart(folder: Path) -> list[Path]:
    apart: list[Path] = []
    for clip in sorted(folder.iterdir()):
        own = folder.with_name(clip.stem)
        own.mkdir()
        clip.rename(own / clip.name)
        apart.append(own)
    return apart
