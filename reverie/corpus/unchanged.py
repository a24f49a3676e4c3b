"""What need not be analysed again: files that are as they were, wherever they lie by now."""

import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePath
from typing import TypeVar

from reverie.corpus.analysis import Analysed
from reverie.corpus.discover import Found
from reverie.corpus.foreign import known_sha256
from reverie.corpus.journal import Entry, Journal
from reverie.corpus.settings import PrepareSettings
from reverie.corpus.shards import stored_sha256
from reverie.errors import ReverieError
from reverie.progress import ProgressBar

Place = tuple[int, int]
"""A shard's number, and an offset in it in samples."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Stored:
    """The samples that lie in a corpus's shards, by their hash; believed once it was compared.

    Args:
        journal: of the corpus.
    """

    def __init__(self, journal: Journal) -> None:
        self.folder = journal.folder
        self._places = {
            entry.analysed.content_hash: (entry.shard, entry.offset_samples)
            for entry in journal.entries.values()
            if entry.analysed
        }
        self._intact: dict[tuple[str, Place], bool] = {}

    def find(self, analysed: Analysed) -> Place | None:
        """Where samples like those that were analysed lie; None where they do not."""
        place = self._places.get(analysed.content_hash)
        return place if place is not None and self.is_intact(analysed, place) else None

    def add(self, analysed: Analysed, place: Place) -> None:
        """Take down where samples were put."""
        self._places[analysed.content_hash] = place
        self._intact[analysed.content_hash, place] = True

    def is_intact(self, analysed: Analysed, place: Place) -> bool:
        """Whether the samples that were analysed lie at `place`."""
        key = analysed.content_hash, place
        if key not in self._intact:
            try:
                found = stored_sha256(self.folder, *place, analysed.samples)
            except ReverieError:
                found = ""
            self._intact[key] = found == analysed.content_hash
        return self._intact[key]


def unknown_files(
    base: Path,
    files: Sequence[Found],
    journal: Journal,
    stored: Stored,
    settings: PrepareSettings,
    *,
    quiet: bool = False,
) -> list[Found]:
    """Those of `files` that have to be analysed; of the others the journal knows afterwards.

    A file is as it was if its folder says so: the same path, length, times and inode. Where it says
    otherwise (a file was replaced, copied, moved or merely touched) the file's hash decides, which
    takes a fraction of the time of decoding it. What lies in the shards is compared with its own
    hash, so that a damaged corpus is mended by preparing it again.

    Args:
        base: the folder of recordings.
        files: what was found there.
        journal: of the corpus.
        stored: its samples.
        settings: of the corpus.
        quiet: show no progress.
    """
    usable = [one for one in journal.entries.values() if one.holds_for(settings)]
    by_path = {one.path: one for one in usable}
    by_hash = {(one.source_hash, _suffix(one.path)): one for one in usable if one.source_hash}
    sizes = {one.bytes for one in usable}
    same: list[Entry] = []
    doubtful: list[Found] = []
    for file in files:
        entry = by_path.get(file.path)
        if entry is not None and entry.is_of(file):
            same.append(entry)
        elif file.bytes in sizes:
            doubtful.append(file)
    hashes = _each("Comparing", doubtful, lambda one: known_sha256(base / one.path), quiet=quiet)
    for file, found in zip(doubtful, hashes, strict=True):
        entry = by_hash.get((found, _suffix(file.path)))
        if entry is not None:
            entry = _seen_as(entry, file)
            journal.add(entry)
            same.append(entry)
    intact = _each("Checking", same, lambda one: _is_stored(one, stored), quiet=quiet)
    kept = {one.path for one, whole in zip(same, intact, strict=True) if whole}
    return [one for one in files if one.path not in kept]


def _is_stored(entry: Entry, stored: Stored) -> bool:
    place = entry.shard, entry.offset_samples
    return entry.analysed is None or stored.is_intact(entry.analysed, place)


def _seen_as(entry: Entry, file: Found) -> Entry:
    return dataclasses.replace(
        entry,
        path=file.path,
        bytes=file.bytes,
        mtime_ns=file.mtime_ns,
        changed_ns=file.changed_ns,
        inode=file.inode,
    )


def _suffix(path: str) -> str:
    """What FFmpeg may go by, besides the file's bytes."""
    return PurePath(path).suffix.lower()


def _each(
    title: str, items: Sequence[Item], work: Callable[[Item], Result], *, quiet: bool
) -> list[Result]:
    """What `work` gives for each item, in order, on all cores."""
    results: list[Result] = []
    with (
        ProgressBar(title, len(items), "recordings", quiet=quiet) as progress,
        ThreadPoolExecutor() as pool,
    ):
        try:
            for result in pool.map(work, items):
                results.append(result)
                progress.advance()
        except BaseException:
            # Ctrl-C must not wait for what nobody wants any more.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results
