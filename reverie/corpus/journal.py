"""What is known of each file, a line each, added as it becomes known: work is never lost.

`manifest.json` says what a corpus is; the journal beside it only saves doing work again.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from pydantic.dataclasses import dataclass

from reverie.corpus.analysis import Analysed
from reverie.corpus.discover import Found
from reverie.corpus.manifest import Count
from reverie.corpus.settings import PrepareSettings
from reverie.corpus.shards import samples_in
from reverie.errors import ReverieError
from reverie.records import RECORD, PathText, read_lines
from reverie.storage import clear_disk_errors, open_plain, write_text

NAME = "journal.jsonl"

ANALYSIS = 2
"""Raised whenever the same file would be analysed to something else: older entries lapse."""


@dataclass(frozen=True, config=RECORD)
class Entry:
    """What came of one file: it was analysed and its samples lie in a shard, or it is unusable."""

    path: PathText
    bytes: int
    mtime_ns: int
    changed_ns: int
    inode: int
    source_hash: str
    """SHA-256 of the file; empty where it could not be read."""
    rate_hz: int
    keep_damaged: bool
    normalise_dbfs: float | None = None
    analysis: int = ANALYSIS
    unusable: str | None = None
    lasting: bool = True
    """Whether what came of it holds as long as the file is not changed."""
    analysed: Analysed | None = None
    shard: Count = 0
    offset_samples: Count = 0

    def is_of(self, file: Found) -> bool:
        """Whether `file` is the same as it was, as far as its folder tells without reading it.

        Changes of the file's data or name show in the inode or in the time of its last change,
        which nobody can set.
        """
        return (self.path, self.bytes, self.mtime_ns, self.changed_ns, self.inode) == (
            file.path, file.bytes, file.mtime_ns, file.changed_ns, file.inode,
        )  # fmt: skip

    def holds_for(self, settings: PrepareSettings) -> bool:
        """Whether doing the work again on the same file would come to the same."""
        asked = settings.rate_hz, settings.normalise_dbfs
        if (self.rate_hz, self.normalise_dbfs) != asked or self.analysis != ANALYSIS:
            return False
        whole = self.analysed is not None and not self.analysed.damaged
        return self.lasting and (whole or self.keep_damaged == settings.keep_damaged)


class Journal:
    """The journal of a corpus, open for adding to.

    Args:
        folder: the corpus.

    Attributes:
        entries: the latest of each path.

    Raises:
        ReverieError: it is no plain file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / NAME
        self.entries, self._is_exact = _read(folder)
        self._is_torn = _is_torn(self.path)

    def add(self, entry: Entry) -> None:
        """Note an entry; it survives whatever happens to this process afterwards.

        Raises:
            ReverieError: the disk refuses.
        """
        self.entries[entry.path], self._is_exact = entry, False
        # An earlier process may have been stopped in the middle of a line.
        line = f"\n{_line(entry)}" if self._is_torn else _line(entry)
        with clear_disk_errors(self.path), open_plain(self.path, "ab") as handle:
            handle.write(line.encode("ascii"))
        self._is_torn = False

    def rewrite(self, entries: Iterable[Entry]) -> None:
        """Keep `entries` alone, whole or not at all.

        Raises:
            ReverieError: the disk refuses.
        """
        before, self.entries = self.entries, {entry.path: entry for entry in entries}
        if self._is_exact and before == self.entries:
            return
        self._is_exact = True
        write_text(self.path, "".join(map(_line, self.entries.values())))


def _line(entry: Entry) -> str:
    return json.dumps(entry, default=vars) + "\n"


def _read(folder: Path) -> tuple[dict[str, Entry], bool]:
    """The entries of a journal, and whether it holds nothing else."""
    entries: dict[str, Entry] = {}
    lines = 0
    lengths: dict[int, int] = {}
    # The last line may have been cut when the machine went down; so may a shard.
    for entry in read_lines(folder / NAME, Entry, "the journal of a corpus"):
        lines += 1
        if entry is None:
            continue
        if entry.analysed is not None:
            if entry.shard not in lengths:
                lengths[entry.shard] = _length(folder, entry.shard)
            if entry.offset_samples + entry.analysed.samples > lengths[entry.shard]:
                continue
        entries[entry.path] = entry
    return entries, lines == len(entries)


def _is_torn(path: Path) -> bool:
    """Whether the last line of a file has no end."""
    try:
        with open_plain(path, "rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read() != b"\n"
    except OSError:
        # It is missing or empty.
        return False


def _length(folder: Path, shard: int) -> int:
    try:
        return samples_in(folder, shard)
    except ReverieError:
        return 0
