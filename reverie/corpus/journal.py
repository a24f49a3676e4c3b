"""What is known of each file, a line each, added as it becomes known: work is never lost.

`manifest.json` says what a corpus is; the journal beside it only saves doing work again.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from reverie.corpus.analysis import Analysed
from reverie.corpus.corpus import shard_path
from reverie.corpus.discover import Found
from reverie.storage import clear_disk_errors, write_text

NAME = "journal.jsonl"


@dataclass(frozen=True)
class Entry:
    """What came of one file: it was analysed and its samples lie in a shard, or it is unusable."""

    path: str
    bytes: int
    mtime_ns: int
    rate_hz: int
    keep_damaged: bool
    normalise_dbfs: float | None = None
    unusable: str | None = None
    lasting: bool = True
    """Whether what came of it holds as long as the file is not changed."""
    analysed: Analysed | None = None
    shard: int = 0
    offset_samples: int = 0

    def still_holds(
        self, file: Found, rate_hz: int, *, keep_damaged: bool, normalise_dbfs: float | None
    ) -> bool:
        """Whether doing the work again for `file` would come to the same."""
        if (self.bytes, self.mtime_ns, self.rate_hz) != (file.bytes, file.mtime_ns, rate_hz):
            return False
        if self.normalise_dbfs != normalise_dbfs:
            return False
        whole = self.analysed is not None and not self.analysed.damaged
        return self.lasting and (whole or self.keep_damaged == keep_damaged)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The entry that a line of the journal tells."""
        analysed = values.pop("analysed")
        return cls(**values, analysed=None if analysed is None else Analysed.from_json(analysed))


class Journal:
    """The journal of a corpus, open for adding to.

    Args:
        folder: the corpus.

    Attributes:
        entries: the latest of each path.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / NAME
        self.entries = _read(folder)
        self._by_content: dict[str, Entry] = {}
        for entry in self.entries.values():
            self._index(entry)

    def with_content(self, content_hash: str) -> Entry | None:
        """An entry whose samples have this hash, and lie in a shard."""
        return self._by_content.get(content_hash)

    def add(self, entry: Entry) -> None:
        """Note an entry; it survives whatever happens to this process afterwards.

        Raises:
            ReverieError: the disk refuses.
        """
        self.entries[entry.path] = entry
        self._index(entry)
        with clear_disk_errors(self.path), self.path.open("a", encoding="ascii") as handle:
            handle.write(_line(entry))

    def rewrite(self, entries: Iterable[Entry]) -> None:
        """Keep `entries` alone, whole or not at all.

        Raises:
            ReverieError: the disk refuses.
        """
        self.entries = {entry.path: entry for entry in entries}
        write_text(self.path, "".join(map(_line, self.entries.values())))

    def _index(self, entry: Entry) -> None:
        if entry.analysed is not None:
            self._by_content.setdefault(entry.analysed.content_hash, entry)


def _line(entry: Entry) -> str:
    analysed = None if entry.analysed is None else vars(entry.analysed)
    return json.dumps(vars(entry) | {"analysed": analysed}) + "\n"


def _read(folder: Path) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    lengths: dict[int, int] = {}
    try:
        lines = (folder / NAME).read_bytes().splitlines()
    except OSError:
        return entries
    for line in lines:
        # The last line may have been cut when the machine went down; so may a shard.
        try:
            entry = Entry.from_json(json.loads(line))
        except (ValueError, TypeError, KeyError):
            continue
        if entry.analysed is not None:
            if entry.shard not in lengths:
                lengths[entry.shard] = _samples_in(shard_path(folder, entry.shard))
            if entry.offset_samples + entry.analysed.samples > lengths[entry.shard]:
                continue
        entries[entry.path] = entry
    return entries


def _samples_in(shard: Path) -> int:
    try:
        return shard.stat().st_size // 2
    except OSError:
        return 0
