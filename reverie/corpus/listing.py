"""The corpora in a folder, told by their manifests alone: no sample is read."""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reverie.corpus.manifest import read_manifest
from reverie.corpus.ours import BEGUN, CORPUS, folder_of_ours
from reverie.corpus.unsearched import unsearched_folder
from reverie.errors import ReverieError

DEEPEST = 3
"""Folders below the one that is searched, whose corpora and runs are listed."""


@dataclass(frozen=True)
class ListedCorpus:
    """A corpus as a list shows it."""

    folder: Path
    recordings: int
    """How many it holds; 0 where it is damaged or was only begun."""
    held_out: int
    seconds: float
    rate_hz: int
    bytes: int
    """On the disk."""
    written: float
    """When something of it was last written, in seconds since 1970."""
    problem: str = ""
    """Why it cannot be used; empty where it can."""


def list_corpora(folder: Path) -> list[ListedCorpus]:
    """Every corpus in `folder`, or that it is, three folders deep, by its path.

    Raises:
        ReverieError: `folder` is none.
    """
    return [_listed(one) for one in folders_of_kind(folder, {CORPUS, BEGUN}.__contains__)]


def folders_of_kind(folder: Path, is_wanted: Callable[[str], bool]) -> Iterator[Path]:
    """The folders of ours in `folder`, itself included, that are wanted by what they are called.

    Links are not followed, and hidden folders and what lies within corpora is not searched.

    Raises:
        ReverieError: `folder` is none.
    """
    if not folder.is_dir():
        raise ReverieError(f"{folder} is not a folder.", "Give a folder of corpora and runs.")
    top = len(folder.parts)
    for parent, folders, files in os.walk(folder):
        here = Path(parent)
        what = folder_of_ours(here, [*folders, *files])
        if what is not None and is_wanted(what):
            yield here
        if what in (CORPUS, BEGUN) or len(here.parts) - top >= DEEPEST:
            folders.clear()
        folders[:] = sorted(name for name in folders if unsearched_folder(name) is None)


def _listed(folder: Path) -> ListedCorpus:
    size, written = tree_bytes(folder), last_written(folder)
    try:
        manifest = read_manifest(folder)
    except ReverieError as error:
        return ListedCorpus(folder, 0, 0, 0.0, 0, size, written, error.problem)
    recordings = manifest.recordings
    return ListedCorpus(
        folder,
        len(recordings),
        sum(recording.split == "held-out" for recording in recordings),
        sum(recording.seconds for recording in recordings),
        manifest.rate_hz,
        size,
        written,
    )


def tree_bytes(folder: Path) -> int:
    """What all files in `folder` and below take; what cannot be read counts nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(parent, name).lstat().st_size
    return total


def last_written(folder: Path) -> float:
    """When something directly in `folder` was last written or made, in seconds since 1970; 0 where
    that cannot be read."""
    found = [0.0]
    with contextlib.suppress(OSError):
        found += [one.lstat().st_mtime for one in folder.iterdir() if one.name != ".lock"]
    return max(found)
