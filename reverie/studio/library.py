"""What lies in the folders of a studio: recordings, corpora, runs and clips.

The state is on the disk alone. What was read of a thing is kept until one of its files changes, so
that a look at a large folder takes milliseconds.
"""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from reverie.audio.formats import is_audio_name
from reverie.corpus.ours import (
    BEGUN,
    CORPUS,
    DEMO,
    EXPERIMENT,
    RUN,
    TEST,
    folder_of_ours,
    is_own_clip,
)
from reverie.corpus.unsearched import unsearched_folder
from reverie.studio.home import Home
from reverie.studio.listed import corpus_row, corpus_version, is_clip_folder
from reverie.studio.runs import Runs

DEEPEST = 5
"""Levels of folders that are searched."""
_KINDS = ("recordings", "corpora", "runs", "clip_folders", "experiments", "tests")
_KIND_OF = {CORPUS: "corpora", BEGUN: "corpora", RUN: "runs", EXPERIMENT: "experiments",
            TEST: "tests", DEMO: "demos"}  # fmt: skip
_OTHER = "others"
_CLOSED = {"corpora", "tests", _OTHER}
"""Kinds whose folders are not searched further."""

Row = dict[str, Any]
Rows = dict[str, list[Row]]


class Library:
    """What lies in a studio's folders.

    Args:
        home: the folders.
        runs: tells of runs.
    """

    def __init__(self, home: Home, runs: Runs) -> None:
        self._home, self._runs = home, runs
        self._kept: dict[Path, tuple[object, Row]] = {}
        self._lock = threading.Lock()
        self._last: Rows | None = None

    def as_json(self) -> Rows:
        """Return rows by kind, each by its name."""
        with self._lock:
            return self._look()

    def changes(self) -> Iterator[tuple[str, Any]]:
        """Look again; yield the kinds that changed since, and the new figures of runs."""
        with self._lock:
            before, now = self._last, self._look()
            self._last = now
        if before is None:
            return
        kinds = [kind for kind in _KINDS if before[kind] != now[kind]]
        if kinds:
            yield "changed", {"kinds": kinds}
        latest = {row["path"]: row["latest"] for row in before["runs"]}
        for row in now["runs"]:
            if row["latest"] is not None and row["latest"] != latest.get(row["path"]):
                yield "metrics", {"run": row["path"], **row["latest"]}

    def _look(self) -> Rows:
        found: Rows = {kind: [] for kind in _KINDS}
        for root in self._home.roots:
            self._search(root, found)
        for rows in found.values():
            rows.sort(key=lambda row: str(row["path"]))
        return found

    def _search(self, root: Path, found: Rows) -> None:
        """Search one root; recordings are told of the topmost folder that holds any."""
        top = len(root.parts)
        owners: dict[Path, Row] = {}
        for parent, folders, files in os.walk(root):
            here = Path(parent)
            kind = _kind(here, folders, files)
            if kind in _KINDS:
                found[kind].append(self._row(kind, here, files))
            elif kind is None:
                self._recordings(here, root, files, owners)
            if kind in _CLOSED or len(here.parts) - top >= DEEPEST:
                folders.clear()
            elif kind == "runs":
                folders[:] = [name for name in folders if name == "clips"]
            folders[:] = sorted(name for name in folders if unsearched_folder(name) is None)
        found["recordings"] += owners.values()

    def _row(self, kind: str, here: Path, files: list[str]) -> Row:
        """Return the row of a thing, read again where one of its files changed."""
        name = self._home.name(here)
        if kind == "corpora":
            return {"path": name, **self._again(here, corpus_version, corpus_row)}
        if kind == "runs":
            return {"path": name, **self._again(here, self._runs.version, self._runs.row)}
        row: Row = {"path": name, "changed": here.stat().st_mtime}
        if kind == "clip_folders":
            count = sum(map(is_audio_name, files))
            row |= {"count": count, "run": self._run_above(here)}
        return row

    def _again(
        self, here: Path, version: Callable[[Path], object], read: Callable[[Path], Row]
    ) -> Row:
        now = version(here)
        kept = self._kept.get(here)
        if kept is None or kept[0] != now:
            kept = now, read(here)
            self._kept[here] = kept
        return kept[1]

    def _run_above(self, here: Path) -> str | None:
        runs = (self._home.name(above) for above in here.parents[:2] if above in self._kept)
        return next(runs, None)

    def _recordings(
        self, here: Path, root: Path, files: list[str], owners: dict[Path, Row]
    ) -> None:
        sounds = [name for name in files if is_audio_name(name) and not name.startswith(".")]
        if not sounds or is_own_clip(here / sounds[0]):
            return
        owner = next((one for one in here.parents if one in owners and one != root), here)
        row = owners.setdefault(owner, {"path": self._home.name(owner), "files": 0, "bytes": 0})
        row["files"] += len(sounds)
        row["bytes"] += sum(_bytes(here / sound) for sound in sounds)


def _kind(here: Path, folders: list[str], files: list[str]) -> str | None:
    """Return what a folder is; None if it may hold recordings."""
    what = folder_of_ours(here, [*folders, *files])
    if what is not None:
        return _KIND_OF.get(what, _OTHER)
    sounds = [name for name in files if name.endswith((".wav", ".flac"))]
    return "clip_folders" if is_clip_folder(here, sounds, set(files)) else None


def _bytes(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
