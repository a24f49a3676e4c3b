"""The verdicts on pairs of recordings, stored with a corpus so that no pair is compared twice."""

import contextlib
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from pydantic.dataclasses import dataclass

from reverie.errors import ReverieError
from reverie.records import MOST_BYTES, RECORD, read_record
from reverie.storage import write_text

FILE, VERSION = "duplicates.json", 1
"""The version of the comparison itself: verdicts of another version are discarded."""


class Compared:
    """Pairs of recordings, by content hash, and whether they are the same recording.

    Args:
        hashes: the content hashes of the recordings present, all different.

    Attributes:
        complete: whether every candidate pair has a verdict.
    """

    def __init__(self, hashes: Sequence[str]) -> None:
        self.hashes = list(hashes)
        self.complete = False
        self._verdicts: dict[tuple[str, str], bool] = {}

    @classmethod
    def read(cls, path: Path, hashes: Sequence[str]) -> Self:
        """Read the verdicts on these recordings; none if the file is missing or damaged."""
        known = cls(hashes)
        with contextlib.suppress(ReverieError, IndexError):
            known._take(read_record(path, _Kept, "what was compared", most_values=MOST_BYTES))
            return known
        return cls(hashes)

    def verdict(self, a: str, b: str) -> bool | None:
        """Whether two recordings, by content hash, are the same; None if not yet compared."""
        return self._verdicts.get(_pair(a, b))

    def add(self, a: str, b: str, *, same: bool) -> None:
        """Record whether two recordings, by content hash, are the same."""
        self._verdicts[_pair(a, b)] = same

    def same(self) -> list[tuple[str, str]]:
        """Pairs of content hashes that are the same recording."""
        return [pair for pair, same in self._verdicts.items() if same]

    def keep(self, path: Path) -> None:
        """Write the verdicts to `path`; if the write fails, the next call compares again."""
        places = {content: place for place, content in enumerate(self.hashes)}
        kept = {
            "version": VERSION,
            "complete": self._digest() if self.complete else None,
            "recordings": self.hashes,
            "pairs": [[places[a], places[b], same] for (a, b), same in self._verdicts.items()],
        }
        with contextlib.suppress(ReverieError):
            write_text(path, json.dumps(kept) + "\n")

    def _digest(self) -> str:
        return hashlib.sha256("".join(sorted(self.hashes)).encode()).hexdigest()

    def _take(self, kept: "_Kept") -> None:
        if kept.version != VERSION:
            return
        there = set(self.hashes)
        for a, b, same in kept.pairs:
            pair = _pair(kept.recordings[a], kept.recordings[b])
            # Drop verdicts on recordings that no longer exist.
            if there.issuperset(pair):
                self._verdicts[pair] = same
        self.complete = kept.complete == self._digest()


@dataclass(frozen=True, config=RECORD)
class _Kept:
    """The file's content; pairs name recordings by their index."""

    version: int
    complete: str | None
    recordings: tuple[str, ...]
    pairs: tuple[tuple[int, int, bool], ...]


def _pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)
