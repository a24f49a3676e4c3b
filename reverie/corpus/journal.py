"""The journal of a corpus: a line for each analysed file, appended at once, so no work is lost.

`manifest.json` describes a corpus; the journal beside it only saves repeating work. What the nodes
of a cluster have analysed lies in journals of theirs until it is taken over.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from pydantic.dataclasses import dataclass

from reverie.corpus.analysis import Analysed
from reverie.corpus.discover import Found
from reverie.corpus.recording import Count
from reverie.corpus.settings import ResolvedSettings
from reverie.corpus.shards import samples_in
from reverie.errors import ReverieError
from reverie.legacy.corpus import translate_journal_entry
from reverie.records import RECORD, PathText, read_lines
from reverie.storage import clear_disk_errors, open_plain, write_text

NAME = "journal.jsonl"

ANALYSIS = 2
"""Version of the analysis; raise it when results change, so that older entries lapse."""


@dataclass(frozen=True, config=RECORD)
class Entry:
    """The result of one file: it was analysed and its samples lie in a shard, or it is unusable."""

    path: PathText
    bytes: int
    mtime_ns: int
    changed_ns: int
    inode: int
    source_hash: str
    """SHA-256 of the file; empty if it could not be read."""
    rate_hz: int
    channels: int
    """Asked for at most."""
    keep_damaged: bool
    normalise_dbfs: float | None = None
    analysis: int = ANALYSIS
    unusable: str | None = None
    lasting: bool = True
    """Whether the result holds until the file changes."""
    analysed: Analysed | None = None
    shard: Count = 0
    offset_samples: Count = 0

    def is_of(self, file: Found) -> bool:
        """Whether `file` is unchanged by its folder entry, without reading it.

        A change of its data or name shows in the inode or in the change time, which programs cannot
        set.
        """
        return (self.path, self.bytes, self.mtime_ns, self.changed_ns, self.inode) == (
            file.path, file.bytes, file.mtime_ns, file.changed_ns, file.inode,
        )  # fmt: skip

    def holds_for(self, settings: ResolvedSettings) -> bool:
        """Whether analysing the same file with `settings` would give the same result."""
        asked = settings.rate_hz, settings.channels, settings.normalise_dbfs
        if (self.rate_hz, self.channels, self.normalise_dbfs) != asked or self.analysis != ANALYSIS:
            return False
        whole = self.analysed is not None and not self.analysed.damaged
        return self.lasting and (whole or self.keep_damaged == settings.keep_damaged)


class Journal:
    """A journal of a corpus, open for appending.

    Args:
        folder: the corpus, whose shards the entries tell of.
        within: the folder that the journal lies in; by default the corpus itself.

    Attributes:
        entries: the latest entry of each path.

    Raises:
        ReverieError: it is not a plain file.
    """

    def __init__(self, folder: Path, within: Path | None = None) -> None:
        self.folder, self.path = folder, (within or folder) / NAME
        self.entries, self._is_exact = _read(folder, self.path)
        self._is_torn = _is_torn(self.path)

    def add(self, *entries: Entry) -> None:
        """Append entries, which survive a crash of this process; `flush` writes them to the disk.

        Raises:
            ReverieError: the disk refuses.
        """
        self.entries.update((entry.path, entry) for entry in entries)
        self._is_exact = False
        # An earlier process may have stopped in the middle of a line.
        lines = ["\n" if self._is_torn else "", *map(_line, entries)]
        with clear_disk_errors(self.path), open_plain(self.path, "ab") as handle:
            handle.write("".join(lines).encode("ascii"))
        self._is_torn = False

    def flush(self) -> None:
        """Write what was appended to the disk.

        Raises:
            ReverieError: the disk refuses.
        """
        if self.path.exists():
            with clear_disk_errors(self.path), open_plain(self.path, "rb") as handle:
                os.fsync(handle.fileno())

    def rewrite(self, entries: Iterable[Entry]) -> None:
        """Replace the journal by `entries` atomically.

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


def _read(folder: Path, path: Path) -> tuple[dict[str, Entry], bool]:
    """Return the entries of a journal of a corpus, and whether it holds nothing else."""
    entries: dict[str, Entry] = {}
    lines = 0
    lengths: dict[int, int] = {}
    # A crash of the machine may have cut the last line, or a shard.
    read = read_lines(path, Entry, "the journal of a corpus", translate_journal_entry)
    for entry in read:
        lines += 1
        if entry is None:
            continue
        if entry.analysed is not None:
            if entry.shard not in lengths:
                lengths[entry.shard] = _length(folder, entry.shard)
            if entry.offset_samples + entry.analysed.values > lengths[entry.shard]:
                continue
        entries[entry.path] = entry
    return entries, lines == len(entries)


def _is_torn(path: Path) -> bool:
    """Whether the last line of a file is incomplete."""
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
