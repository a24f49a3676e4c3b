"""List the corpora in a folder by their manifests, without reading samples."""

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
"""How many levels of folders are searched for corpora and runs."""


@dataclass(frozen=True)
class ListedCorpus:
    """A row in the list of corpora."""

    folder: Path
    recordings: int
    """Number of recordings; 0 if the corpus is damaged or unfinished."""
    held_out: int
    seconds: float
    rate_hz: int
    bytes: int
    """Size on the disk."""
    written: float
    """Time of the last write, in seconds since 1970."""
    problem: str = ""
    """Why it cannot be used; empty if it can."""


def list_corpora(folder: Path) -> list[ListedCorpus]:
    """List every corpus in `folder`, itself included, up to three levels deep, by path.

    Raises:
        ReverieError: `folder` is not a folder.
    """
    return [
        _listed(corpus_folder)
        for corpus_folder in folders_of_kind(folder, {CORPUS, BEGUN}.__contains__)
    ]


def folders_of_kind(folder: Path, is_wanted: Callable[[str], bool]) -> Iterator[Path]:
    """Yield Reverie's folders in `folder`, itself included, whose kind `is_wanted` accepts.

    Links are not followed; hidden folders and the insides of corpora are not searched.

    Raises:
        ReverieError: `folder` is not a folder.
    """
    if not folder.is_dir():
        raise ReverieError(f"{folder} is not a folder.", "Give a folder of corpora and runs.")
    top = len(folder.parts)
    for parent, folders, files in os.walk(folder):
        here = Path(parent)
        kind = folder_of_ours(here, [*folders, *files])
        if kind is not None and is_wanted(kind):
            yield here
        if kind in (CORPUS, BEGUN) or len(here.parts) - top >= DEEPEST:
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
        len(recordings.of_split("held-out")),
        recordings.seconds,
        manifest.rate_hz,
        size,
        written,
    )


def tree_bytes(folder: Path) -> int:
    """Return the size of all files in `folder` and below; unreadable ones count nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(parent, name).lstat().st_size
    return total


def last_written(folder: Path) -> float:
    """Return when an entry of `folder` was last written, in seconds since 1970; 0 if unreadable."""
    found = [0.0]
    with contextlib.suppress(OSError):
        found += [entry.lstat().st_mtime for entry in folder.iterdir() if entry.name != ".lock"]
    return max(found)
