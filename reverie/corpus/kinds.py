"""Recognise what a given folder or file is, and find the corpus, run, clips or recordings in it.

Users often give a corpus where recordings belong, or a run's checkpoint where a run belongs.
"""

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reverie.audio.formats import is_audio_name
from reverie.corpus.ours import (
    BEGUN,
    CORPUS,
    DEMO,
    EVALUATION,
    EXPERIMENT,
    RUN,
    TEST,
    folder_of_ours,
    is_own_clip,
)
from reverie.terminal import printable

Kind = Literal[
    "corpus",
    "run",
    "checkpoint",
    "clips",
    "demo",
    "experiment",
    "listening test",
    "evaluation",
    "recordings",
    "nothing",
]

_BY_NAME: dict[str, Kind] = {
    CORPUS: "corpus",
    BEGUN: "corpus",
    RUN: "run",
    EXPERIMENT: "experiment",
    TEST: "listening test",
    DEMO: "demo",
    EVALUATION: "evaluation",
}
_CHECKPOINT = re.compile(r"epoch-\d{5,9}(?:-step-\d{5,12})?", re.ASCII)
_PARTS = {"model.safetensors", "state.json"}


@dataclass(frozen=True)
class Place:
    """A folder or file and its kind."""

    path: Path
    kind: Kind
    corpus: Path | None = None
    """The corpus that it is or contains."""
    run: Path | None = None
    """The run that it is, contains or belongs to."""
    checkpoint: str = ""
    """The name of the run's checkpoint that it is."""
    clips: Path | None = None
    """The clips that it is or contains."""
    recordings: Path | None = None
    """The recordings that it is or contains."""


def what_is(path: Path) -> Place:
    """Recognise `path`: a folder or file of Reverie by its content, otherwise recordings.

    Only beginnings of files are read, and names up to the first recording.

    Returns:
        Its kind and its content; the kind is `nothing` if it is missing or holds no sound.
    """
    if path.is_file():
        return _file(path)
    names = _names(path)
    kind = _BY_NAME.get(folder_of_ours(path, names) or "")
    match kind:
        case "corpus":
            return Place(path, kind, corpus=path)
        case "run":
            return Place(path, kind, run=path, clips=_if_folder(path / "clips"))
        case "demo":
            return Place(
                path,
                kind,
                corpus=_if_folder(path / "corpus"),
                run=_if_folder(path / "run"),
                clips=_if_folder(path / "clips"),
                recordings=_if_folder(path / "recordings"),
            )
        case None:
            return _other_folder(path, names)
        case _:
            return Place(path, kind)


def right_command(place: Place) -> str:
    """Return the command for a place that is not recordings; empty if there is none."""
    advice = ""
    match place:
        case Place(kind="corpus", corpus=Path() as corpus):
            advice = f"Train on it: {_command('train', corpus)}"
        case Place(kind="checkpoint", run=Path() as run):
            words = _command("generate", run, "--checkpoint", place.checkpoint)
            advice = f"Make clips with it: {words}"
        case Place(kind="run", run=Path() as run):
            advice = f"Make clips with it: {_command('generate', run)}"
        case Place(kind="clips", clips=Path() as clips):
            advice = f"Judge them: {_command('evaluate', clips, '--corpus', 'CORPUS')}"
        case Place(kind="demo", recordings=Path() as recordings):
            advice = f"Its recordings: {_command('prepare', recordings)}"
        case Place(kind="demo", corpus=Path() as corpus):
            advice = f"Train on its corpus: {_command('train', corpus)}"
        case Place(kind="recordings", path=Path() as path) if path.is_dir():
            advice = f"Train on them: {_command('train', path)}"
        case Place(kind="listening test"):
            advice = f"Open it: {_command('listen serve', place.path)}"
        case _:
            pass
    return advice


def _file(path: Path) -> Place:
    if is_own_clip(path):
        return Place(path, "clips", clips=path, run=_run_above(path.parent))
    return Place(path, "recordings", recordings=path)


def _other_folder(path: Path, names: list[str]) -> Place:
    if _CHECKPOINT.fullmatch(path.resolve().name) and names and set(names) >= _PARTS:
        return Place(
            path, "checkpoint", run=_run_above(path.parent), checkpoint=path.resolve().name
        )
    run = _run_above(path)
    if run is not None and path.resolve().name == "checkpoints":
        return Place(path, "run", run=run)
    found = _first_sounds(path)
    if found and all(map(is_own_clip, found)):
        return Place(path, "clips", clips=path, run=run)
    return Place(path, "recordings", recordings=path) if found else Place(path, "nothing")


def _first_sounds(path: Path) -> list[Path]:
    """Return the audio files of the first folder with any, from `path` downwards."""
    for parent, folders, names in os.walk(path):
        folders.sort()
        sounds = [Path(parent, name) for name in sorted(names) if is_audio_name(name)]
        if sounds:
            return sounds
    return []


def _run_above(path: Path) -> Path | None:
    """Return the run whose folder is `path` or up to two levels above it."""
    above = [path, path.parent, path.parent.parent] if path.parts else [path]
    for folder in above:
        if folder_of_ours(folder, _names(folder)) == RUN:
            return folder
    return None


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:
        return []


def _if_folder(path: Path) -> Path | None:
    return path if path.is_dir() else None


def _command(name: str, path: Path, *words: str) -> str:
    return " ".join(["reverie", name, shlex.quote(printable(str(path))), *words])
