"""Find the recordings in a folder that may hold anything else too."""

import errno
import os
import stat
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from reverie.audio.formats import is_audio_name
from reverie.audio.reading.inside import has_mark
from reverie.corpus.manifest import LeftOut, Refusal
from reverie.corpus.ours import CLIP, clip_hash, clip_hashes, folder_of_ours, is_clip_beside
from reverie.corpus.unsearched import unsearched_file, unsearched_folder
from reverie.errors import ReverieError, os_reason

LONGEST_SUFFIX = 12
"""A longer suffix is taken for a part of the name."""


@dataclass(frozen=True)
class Found:
    """A file to decode: its path within the folder, and the attributes that show changes."""

    path: str
    bytes: int
    mtime_ns: int
    changed_ns: int
    inode: int


def _nothing_known(_: Found) -> bool:
    return False


@dataclass
class Discovery:
    """The content of a folder."""

    files: list[Found] = field(default_factory=list[Found])
    refused: list[Refusal] = field(default_factory=list[Refusal])
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])
    ignored: Counter[str] = field(default_factory=Counter[str])
    """The number of other files, by suffix in lower case."""
    clip_hashes: set[str] = field(default_factory=set[str])
    """SHA-256 of Reverie's clips in the folder, to recognise copies without provenance."""
    is_known: Callable[[Found], bool] = _nothing_known
    """Says of a file whether it was read before as it is now."""


def discover(
    root: Path, leave_out: Path, is_known: Callable[[Found], bool] = _nothing_known
) -> Discovery:
    """Search `root` and everything below it; follow links, but enter no folder twice.

    Args:
        root: the folder of recordings, or a single recording.
        leave_out: a folder to skip without a remark: the corpus to write.
        is_known: says of a file whether it was read before as it is now; its tags are not read.

    Returns:
        Everything found, by path.

    Raises:
        ReverieError: `root` is missing or cannot be read.
    """
    found = Discovery(is_known=is_known)
    if root.is_file():
        _look_at_file(root.name, root, found, whatever_name=True)
        return found
    try:
        os.scandir(root).close()
    except OSError as error:
        problem = os_reason(error)
        raise ReverieError(
            f"{root} cannot be searched: {problem}.", "Give a folder of recordings."
        ) from error
    _Search(root, leave_out, found).run()
    found.files.sort(key=lambda one: one.path)
    found.refused.sort(key=lambda one: one.path)
    found.left_out.sort(key=lambda one: one.name)
    return found


class _Search:
    """A depth-first search that enters linked folders after all real ones."""

    def __init__(self, root: Path, leave_out: Path, found: Discovery) -> None:
        self.root, self.found = root, found
        self.seen = {key for key in [_identity(leave_out)] if key}
        self.linked: list[tuple[str, frozenset[tuple[int, int]]]] = []

    def run(self) -> None:
        self._search("", frozenset())
        while self.linked:
            waiting, self.linked = sorted(self.linked, key=lambda one: one[0]), []
            for path, above in waiting:
                self._follow(path, above)

    def _follow(self, path: str, above: frozenset[tuple[int, int]]) -> None:
        target = _identity(self.root / path)
        if target in above:
            self.found.refused.append(
                Refusal(path, "a link to a folder that contains it: following it would never end")
            )
        elif target in self.seen:
            self.found.refused.append(Refusal(path, "a link to a folder that is already searched"))
        else:
            self._search(path, above)

    def _search(self, folder: str, above: frozenset[tuple[int, int]]) -> None:
        waiting = [(folder, above)]
        while waiting:
            here, above = waiting.pop()
            identity = _identity(self.root / here)
            if identity is None or identity in self.seen:
                continue
            self.seen.add(identity)
            above = above | {identity}
            entries = self._entries(here)
            if what := folder_of_ours(self.root / here, (one.name for one in entries)):
                self.found.left_out.append(LeftOut(here or ".", what))
                self.found.clip_hashes |= clip_hashes(self.root / here)
                continue
            for entry in entries:
                path = f"{here}/{entry.name}" if here else entry.name
                if not _is_folder(entry):
                    _look_at_file(path, Path(entry.path), self.found)
                elif what := unsearched_folder(entry.name):
                    self.found.left_out.append(LeftOut(path, what))
                else:
                    if is_audio_name(entry.name):
                        self.found.refused.append(Refusal(path, "a folder, not a recording"))
                    if entry.is_symlink():
                        self.linked.append((path, above))
                    else:
                        waiting.append((path, above))

    def _entries(self, here: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.root / here) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            problem = os_reason(error)
            self.found.refused.append(Refusal(here, f"a folder that cannot be searched: {problem}"))
            return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _look_at_file(path: str, full: Path, found: Discovery, *, whatever_name: bool = False) -> None:
    hidden = unsearched_file(full.name)
    audio = whatever_name or is_audio_name(full.name.lstrip("._"))
    if not audio and full.suffix == ".json" and (status := clip_hash(full)):
        found.clip_hashes.add(status)
    try:
        facts = full.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            found.refused.append(Refusal(path, "a link that leads back to itself"))
        elif audio and error.errno == errno.ENOENT:
            found.refused.append(Refusal(path, "a link to a file that does not exist"))
        elif audio:
            problem = os_reason(error)
            found.refused.append(Refusal(path, f"cannot be read: {problem}"))
        else:
            found.ignored[counted_suffix(full.name)] += 1
        return
    if not audio:
        found.ignored[counted_suffix(full.name)] += 1
    elif hidden and not whatever_name:
        found.left_out.append(LeftOut(path, hidden))
    elif not stat.S_ISREG(facts.st_mode):
        found.refused.append(Refusal(path, "not a file that could hold a recording"))
    elif facts.st_size == 0:
        found.refused.append(Refusal(path, "empty: it holds 0 bytes"))
    else:
        file = Found(path, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino)
        if is_clip_beside(full) or (not found.is_known(file) and has_mark(full)):
            found.left_out.append(LeftOut(path, CLIP))
        else:
            found.files.append(file)


def counted_suffix(name: str) -> str:
    """Return the suffix by which a file that is no recording is counted."""
    suffix = PurePath(name).suffix.lower()
    return suffix if len(suffix) <= LONGEST_SUFFIX and suffix.isprintable() else ""


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino
