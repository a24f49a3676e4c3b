"""Which recordings were compared with which, kept with a corpus: none are compared twice."""

import contextlib
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from pydantic.dataclasses import dataclass

from reverie.errors import ReverieError
from reverie.records import RECORD, read_record
from reverie.storage import write_text

FILE, VERSION = "duplicates.json", 1
"""The version is that of the judgement: another one judges anew."""


class Compared:
    """Pairs of recordings, by their content, and whether they are the same.

    Args:
        hashes: the content hashes of the recordings that are there, no two alike.

    Attributes:
        complete: whether all of them were compared with all that they may be the same as.
    """

    def __init__(self, hashes: Sequence[str]) -> None:
        self.hashes = list(hashes)
        self.complete = False
        self._verdicts: dict[tuple[str, str], bool] = {}

    @classmethod
    def read(cls, path: Path, hashes: Sequence[str]) -> Self:
        """What the file `path` knows of these recordings: nothing, if it is missing or damaged."""
        known = cls(hashes)
        with contextlib.suppress(ReverieError, IndexError):
            known._take(read_record(path, _Kept, "what was compared"))
            return known
        return cls(hashes)

    def verdict(self, one: str, other: str) -> bool | None:
        """Whether the recordings of two content hashes are the same; None where nobody knows."""
        return self._verdicts.get(_pair(one, other))

    def add(self, one: str, other: str, *, same: bool) -> None:
        """Note whether the recordings of two content hashes are the same."""
        self._verdicts[_pair(one, other)] = same

    def same(self) -> list[tuple[str, str]]:
        """The content hashes of the pairs that are the same recording."""
        return [pair for pair, same in self._verdicts.items() if same]

    def keep(self, path: Path) -> None:
        """Write what is known to `path`; a disk that refuses only has it compared again."""
        places = {content: place for place, content in enumerate(self.hashes)}
        kept = {
            "version": VERSION,
            "complete": self._digest() if self.complete else None,
            "recordings": self.hashes,
            "pairs": [
                [places[one], places[other], same] for (one, other), same in self._verdicts.items()
            ],
        }
        with contextlib.suppress(ReverieError):
            write_text(path, json.dumps(kept) + "\n")

    def _digest(self) -> str:
        return hashlib.sha256("".join(sorted(self.hashes)).encode()).hexdigest()

    def _take(self, kept: "_Kept") -> None:
        if kept.version != VERSION:
            return
        there = set(self.hashes)
        for one, other, same in kept.pairs:
            pair = _pair(kept.recordings[one], kept.recordings[other])
            # What is not there any more is forgotten.
            if there.issuperset(pair):
                self._verdicts[pair] = same
        self.complete = kept.complete == self._digest()


@dataclass(frozen=True, config=RECORD)
class _Kept:
    """The same in a file; pairs name recordings by their place."""

    version: int
    complete: str | None
    recordings: tuple[str, ...]
    pairs: tuple[tuple[int, int, bool], ...]


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)
