"""What a run's folder says of the run: `config.json` and `corpus.json`.

config.json           the recipe, everything resolved, what it ran on, and the hash of its frames
corpus.json           the corpus by its hashes, its split, and where it was
"""

import dataclasses
import itertools
import platform
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie import __version__
from reverie.corpus.corpus import Corpus, Split, corpus_hash
from reverie.errors import ReverieError
from reverie.legacy import translate_config
from reverie.records import RECORD, PathText, as_record, read_json, read_record
from reverie.runs.checkpoint import Sha256
from reverie.runs.locate import path_between
from reverie.runs.settings import Recipe
from reverie.storage import write_json

FORMAT = "reverie-run"
FORMAT_VERSION = 2
"""1 is version 0.1's; it is read, with other names."""
CONFIG, CORPUS = "config.json", "corpus.json"
TRAIN_AGAIN = "Restore it from a copy, or train again."


@dataclass(frozen=True, config=RECORD)
class Config:
    """What `config.json` holds."""

    format: str
    format_version: int
    created_by: str
    recipe: dict[str, Any]
    made_on: dict[str, str | int]
    frames_sha256: Sha256 | None = None
    """Of `frames.safetensors`; None before it is made, and where an old version made it."""


@dataclass(frozen=True, config=RECORD)
class LearntFrom:
    """A recording in `corpus.json`."""

    path: PathText
    content_hash: str
    split: Split


@dataclass(frozen=True, config=RECORD)
class CorpusRecord:
    """What `corpus.json` holds."""

    folder: PathText
    content_hash: str
    rate_hz: Annotated[int, Field(ge=1, le=1 << 20)]
    recordings: tuple[LearntFrom, ...]
    relative: PathText | None = None
    """The way to it from the run."""


def read_config(folder: Path) -> Config:
    """What the run in `folder` says of itself.

    Raises:
        ReverieError: there is none, or it is damaged.
    """
    if not folder.is_dir():
        raise ReverieError(f"{folder} is not a folder.", "Give the folder of a run.")
    read: object = read_json(folder / CONFIG, "a run")
    said = cast(dict[str, Any], read) if isinstance(read, dict) else {}
    if said.get("format") != FORMAT:
        raise ReverieError(f"{folder} is not a run.", "Make one with `reverie train`.")
    said = translate_config(said)
    if said.get("format_version") != FORMAT_VERSION:
        raise ReverieError(
            f"{folder} was made by {said.get('created_by')}, in a format this version does not "
            "know.",
            "Update Reverie, or train again.",
        )
    return as_record(said, Config, str(folder / CONFIG), remedy=TRAIN_AGAIN)


def read_corpus_record(folder: Path) -> CorpusRecord:
    """What the run in `folder` says of its corpus.

    Raises:
        ReverieError: it says nothing, or is damaged.
    """
    path = folder / CORPUS
    about = read_record(path, CorpusRecord, "a run", remedy=TRAIN_AGAIN)
    entries = ((one.content_hash, one.path, one.split) for one in about.recordings)
    if corpus_hash(about.rate_hz, entries) != about.content_hash:
        raise ReverieError(
            f"{path} is damaged: its recordings are not those of its hash.", TRAIN_AGAIN
        )
    return about


def write_config(folder: Path, recipe: Recipe, frames_sha256: str | None) -> None:
    """Write `config.json`.

    Raises:
        ReverieError: the disk refuses.
    """
    config = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "created_by": f"reverie {__version__}",
        "recipe": dataclasses.asdict(recipe),
        "made_on": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "system": platform.platform(),
            "threads": _threads_text((*threads_of(folder), torch.get_num_threads())),
        },
        "frames_sha256": frames_sha256,
    }
    write_json(folder / CONFIG, config)


def threads_of(folder: Path) -> tuple[int, ...]:
    """The numbers of processor threads that the run in `folder` was trained with, in order.

    Empty where there is no run, or where it does not say.

    Raises:
        ReverieError: what it says of itself is damaged.
    """
    if not (folder / CONFIG).is_file():
        return ()
    said = str(read_config(folder).made_on.get("threads", ""))
    return tuple(int(number) for number in re.findall(r"[0-9]{1,6}", said))


def _threads_text(numbers: Sequence[int]) -> str | int:
    """`2` where it was always the same number, `2, then 1` where not."""
    changes = [now for now, _ in itertools.groupby(numbers)]
    return changes[0] if len(changes) == 1 else ", then ".join(map(str, changes))


def write_corpus_record(folder: Path, corpus: Corpus) -> None:
    """Write `corpus.json`.

    Raises:
        ReverieError: the disk refuses.
    """
    about = {
        "folder": str(corpus.folder.resolve()),
        "relative": path_between(folder, corpus.folder),
        "content_hash": corpus.content_hash,
        "rate_hz": corpus.rate_hz,
        "recordings": [
            {"path": one.path, "content_hash": one.content_hash, "split": one.split}
            for one in corpus.recordings
        ],
    }
    write_json(folder / CORPUS, about)
