"""Find the files that need no new analysis: unchanged ones, even if they were moved."""

import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePath
from typing import TypeVar

from reverie.corpus.analysis import Analysed
from reverie.corpus.discover import Found
from reverie.corpus.journal import Entry, Journal
from reverie.corpus.music import Music
from reverie.corpus.settings import ResolvedSettings
from reverie.corpus.shards import stored_sha256
from reverie.errors import ReverieError
from reverie.progress import ProgressBar

Place = tuple[int, int]
"""A shard's number and an offset in it in samples."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Stored:
    """The samples in a corpus's shards by hash; each hash is verified once before it is trusted.

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
        """Return where the analysed samples are stored; None if they are not."""
        place = self._places.get(analysed.content_hash)
        return place if place is not None and self.is_intact(analysed, place) else None

    def add(self, analysed: Analysed, place: Place) -> None:
        """Record where samples were stored."""
        self._places[analysed.content_hash] = place
        self._intact[analysed.content_hash, place] = True

    def is_intact(self, analysed: Analysed, place: Place) -> bool:
        """Whether the analysed samples are stored intact at `place`."""
        key = analysed.content_hash, place
        if key not in self._intact:
            try:
                digest = stored_sha256(self.folder, *place, analysed.values)
            except ReverieError:
                digest = ""
            self._intact[key] = digest == analysed.content_hash
        return self._intact[key]


def unknown_files(
    music: Music,
    files: Sequence[Found],
    journal: Journal,
    stored: Stored,
    settings: ResolvedSettings,
    *,
    quiet: bool = False,
) -> list[Found]:
    """Return the files that must be analysed; add the others to the journal.

    A file is unchanged if its folder entry is: the same path, length, times and inode. Otherwise
    (it was replaced, copied, moved or merely touched) its hash decides, which takes a fraction of
    the time of decoding. Stored samples are verified by their hash, so that preparing a damaged
    corpus again repairs it.

    Args:
        music: the recordings.
        files: found among them.
        journal: of the corpus.
        stored: the samples of the corpus.
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
    hashes = _each("Comparing", doubtful, music.sha256, quiet=quiet)
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
    """Return the suffix, which FFmpeg may use besides the file's bytes."""
    return PurePath(path).suffix.lower()


def _each(
    title: str, items: Sequence[Item], work: Callable[[Item], Result], *, quiet: bool
) -> list[Result]:
    """Apply `work` to each item on all cores, and return the results in order."""
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
            # Ctrl-C must not wait for results that nobody needs any more.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results
