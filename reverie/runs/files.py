"""What a run's folder says of the run: `config.json` and `corpus.json`.

config.json           the recipe, everything resolved, what it ran on, the hash of its frames, and
                      which run it was begun from
corpus.json           the corpus by its hashes, its split, its length, and where it was
"""

import dataclasses
import itertools
import json
import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from reverie import __version__
from reverie.corpus.corpus import Corpus
from reverie.corpus.recording import Split, corpus_hash
from reverie.errors import ReverieError
from reverie.legacy import translate_config
from reverie.records import RECORD, PathText, as_record, read_json, read_record, values_in
from reverie.remote.places import place_of
from reverie.remote.urls import is_url
from reverie.runs.locate import path_between
from reverie.runs.settings import Recipe
from reverie.runs.states import Sha256
from reverie.settings import build
from reverie.storage import write_json

FORMAT = "reverie-run"
FORMAT_VERSION = 4
"""1 is version 0.1's, which had other names; until 2 the hop was in samples and a sequence in
frames; 3 knew of no parents and no exports. All are read."""
CONFIG, CORPUS = "config.json", "corpus.json"
METRICS = "metrics.jsonl"
FRAMES, INITIAL = "frames.safetensors", "initial.safetensors"
MOST_CONFIG_BYTES = 1 << 20
PREVIEWS, PREVIEW_PROMPT = "previews", "prompt.json"
MOST_LISTED = 20_000
"""Recordings that `corpus.json` lists."""
MOST_CORPUS_BYTES, MOST_CORPUS_VALUES = 1 << 25, 1 << 19
"""Of `corpus.json`; recordings that would take half as much are not listed."""
TRAIN_AGAIN = "Restore it from a copy, or train again."


MOST_NAME_BYTES = 255
"""As folders' names have."""


def _as_name(text: str) -> str:
    if not text or text in (".", "..") or any(one in text for one in "/\\\0"):
        raise ValueError("it is no name, but a path or nothing")
    if len(os.fsencode(text)) > MOST_NAME_BYTES:
        raise ValueError(f"it is longer than {MOST_NAME_BYTES} bytes")
    return text


Name = Annotated[PathText, AfterValidator(_as_name)]
"""Of a run: the name of a folder, and no path."""


@dataclass(frozen=True, config=RECORD)
class Parent:
    """The run whose weights another was begun with."""

    name: Name
    checkpoint: Name
    """Which of its checkpoints."""
    model_sha256: Sha256
    """Of the weights."""
    corpus_hash: str
    """Of the corpus that it was trained on."""
    licence: str = ""
    """Under which it was exported; empty where none is known."""
    parent: "Parent | None" = None
    """The one that it was begun from itself."""


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
    parent: Parent | None = None
    """The run that it was begun from; None for one that was begun with weights drawn at random."""
    name: Name | None = None
    """Of a run that was exported, whatever its folder is called; None of any other."""
    licence: str = ""
    """Under which it was exported."""


@dataclass(frozen=True, config=RECORD)
class LearntFrom:
    """A recording in `corpus.json`."""

    path: PathText
    content_hash: str
    split: Split
    seconds: Annotated[float, Field(ge=0)] | None = None
    """Its length; None where an old version kept none."""


@dataclass(frozen=True, config=RECORD)
class CorpusRecord:
    """What `corpus.json` holds."""

    folder: PathText | None
    """Where it was; None of a run that was exported."""
    content_hash: str
    rate_hz: Annotated[int, Field(ge=1, le=1 << 20)]
    recordings: tuple[LearntFrom, ...]
    relative: PathText | None = None
    """The way to it from the run."""
    unlisted: Annotated[int, Field(ge=0)] = 0
    """Recordings of a corpus of more than `MOST_LISTED`, none of which is listed: its content hash
    tells which it was."""

    @property
    def place(self) -> Path | str | None:
        """Where it was: a folder or an URL; None where the run was exported and does not say."""
        is_path = self.folder is not None and not is_url(self.folder)
        return Path(self.folder or "") if is_path else self.folder


def read_config(folder: Path) -> Config:
    """What the run in `folder` says of itself.

    Raises:
        ReverieError: there is none, or it is damaged.
    """
    if not folder.is_dir():
        raise ReverieError(f"{folder} is not a folder.", "Give the folder of a run.")
    read: object = read_json(folder / CONFIG, "a run", most_bytes=MOST_CONFIG_BYTES)
    said = cast(dict[str, Any], read) if isinstance(read, dict) else {}
    if said.get("format") != FORMAT:
        raise ReverieError(f"{folder} is not a run.", "Make one with `reverie train`.")
    said = translate_config(said, lambda: read_corpus_record(folder).rate_hz)
    if said.get("format_version") != FORMAT_VERSION:
        raise ReverieError(
            f"{folder / CONFIG} was made by {said.get('created_by')}, in a format this version "
            "does not know.",
            "Update Reverie, or train again.",
        )
    return as_record(said, Config, str(folder / CONFIG), remedy=TRAIN_AGAIN)


def read_recipe(folder: Path, config: Config) -> Recipe:
    """Return the recipe of the run in `folder`, which says `config` of itself.

    Raises:
        ReverieError: a setting is unknown or wrong.
    """
    return build(Recipe, config.recipe, str(folder / CONFIG))


def read_corpus_record(folder: Path) -> CorpusRecord:
    """What the run in `folder` says of its corpus.

    Raises:
        ReverieError: it says nothing, or is damaged.
    """
    path = folder / CORPUS
    about = read_record(
        path,
        CorpusRecord,
        "a run",
        most_bytes=MOST_CORPUS_BYTES,
        most_values=MOST_CORPUS_VALUES,
        remedy=TRAIN_AGAIN,
    )
    if about.unlisted and not about.recordings:
        return about
    entries = ((one.content_hash, one.path, one.split) for one in about.recordings)
    if corpus_hash(about.rate_hz, entries) != about.content_hash:
        raise ReverieError(
            f"{path} is damaged: its recordings are not those of its hash.", TRAIN_AGAIN
        )
    return about


def write_config(
    folder: Path, recipe: Recipe, frames_sha256: str | None, parent: Parent | None = None
) -> None:
    """Write `config.json` of a run that is trained on this machine, now.

    Args:
        folder: of the run.
        recipe: of the run.
        frames_sha256: of its `frames.safetensors`; None before it is made.
        parent: the run that it is begun from.

    Raises:
        ReverieError: the disk refuses.
    """
    import torch  # noqa: PLC0415 -- whoever only reads can do without

    made_on: dict[str, str | int] = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "system": platform.platform(),
        "threads": _numbers_text((*threads_of(folder), torch.get_num_threads())),
    }
    distributed = torch.distributed
    together = distributed.is_available() and distributed.is_initialized()
    ranks = (*ranks_of(folder), distributed.get_world_size() if together else 1)
    if max(ranks) > 1:
        made_on["ranks"] = _numbers_text(ranks)
    config = Config(
        FORMAT,
        FORMAT_VERSION,
        f"reverie {__version__}",
        dataclasses.asdict(recipe),
        made_on,
        frames_sha256,
        parent,
    )
    write_json(folder / CONFIG, dataclasses.asdict(config))


def threads_of(folder: Path) -> tuple[int, ...]:
    """The numbers of processor threads that the run in `folder` was trained with, in order.

    Empty where there is no run, or where it does not say.

    Raises:
        ReverieError: what it says of itself is damaged.
    """
    return _numbers(folder, "threads", "")


def ranks_of(folder: Path) -> tuple[int, ...]:
    """The numbers of processes that the run in `folder` was trained by, in order.

    Empty where there is no run; a run that does not say was trained by one.

    Raises:
        ReverieError: what it says of itself is damaged.
    """
    return _numbers(folder, "ranks", "1")


def _numbers(folder: Path, name: str, otherwise: str) -> tuple[int, ...]:
    if not (folder / CONFIG).is_file():
        return ()
    said = str(read_config(folder).made_on.get(name, otherwise))
    return tuple(int(number) for number in re.findall(r"[0-9]{1,6}", said))


def _numbers_text(numbers: Sequence[int]) -> str | int:
    """`2` where it was always the same number, `2, then 1` where not."""
    changes = [now for now, _ in itertools.groupby(numbers)]
    return changes[0] if len(changes) == 1 else ", then ".join(map(str, changes))


def write_corpus_record(folder: Path, corpus: Corpus) -> None:
    """Write `corpus.json`.

    Raises:
        ReverieError: the disk refuses.
    """
    recordings = corpus.recordings if len(corpus.recordings) <= MOST_LISTED else ()
    listed = [
        {
            "path": one.path,
            "content_hash": one.content_hash,
            "split": one.split,
            "seconds": one.seconds,
        }
        for one in recordings
    ]
    text = json.dumps(listed, indent=4).encode("ascii")
    if len(text) > MOST_CORPUS_BYTES // 2 or values_in(text) > MOST_CORPUS_VALUES // 2:
        listed.clear()
    about = {
        "folder": corpus.location,
        "relative": None if corpus.url or place_of(folder) else path_between(folder, corpus.folder),
        "content_hash": corpus.content_hash,
        "rate_hz": corpus.rate_hz,
        "recordings": listed,
        **({} if listed else {"unlisted": len(corpus.recordings)}),
    }
    write_json(folder / CORPUS, about)
