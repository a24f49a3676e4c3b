"""The recordings of a corpus, or some of them, each read when it is asked for.

Letters: N recordings.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from operator import eq
from typing import Any, cast, overload

import numpy as np
from numpy.typing import NDArray

from reverie.corpus.recording import Recording, Split
from reverie.corpus.table import RecordingTable

AT_ONCE = 500
"""Rows read together when all are gone through."""


class Recordings(Sequence[Recording]):
    """Recordings of a corpus, each read when it is asked for.

    Args:
        table: of all.
        numbers: which of them, by row; None for all.
    """

    def __init__(self, table: RecordingTable, numbers: NDArray[np.int64] | None = None) -> None:
        self.table, self._chosen = table, numbers

    @classmethod
    def of(cls, recordings: Iterable[Recording]) -> "Recordings":
        """Make recordings that are in memory alone."""
        return cls(RecordingTable.of(recordings))

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """Their rows in the table, [N]."""
        if self._chosen is not None:
            return self._chosen
        ((count,),) = self.table.ask("SELECT count(*) FROM recordings")
        return np.arange(int(count), dtype=np.int64)

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> Recording: ...
    @overload
    def __getitem__(self, index: slice) -> "Recordings": ...
    def __getitem__(self, index: int | slice) -> "Recording | Recordings":
        if isinstance(index, slice):
            return Recordings(self.table, self.numbers[index])
        return self.table.row(int(self.numbers[index]))

    def __iter__(self) -> Iterator[Recording]:
        for first in range(0, len(self), AT_ONCE):
            yield from self.table.rows(self.numbers[first : first + AT_ONCE].tolist())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (Recordings, tuple, list)):
            return NotImplemented
        theirs = cast(Sequence[object], other)
        return len(self) == len(theirs) and all(map(eq, self, theirs))

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        return f"{len(self)} recordings"

    def column(self, name: str) -> NDArray[Any]:
        """Return a field of each that is a number: int64 or float64 [N]; -1 or NaN for none."""
        whole = self.table.column(name)
        return whole if self._chosen is None else whole[self._chosen]

    def of_split(self, split: Split) -> "Recordings":
        """Return those of one split."""
        inside = self.table.of_split(split)
        if self._chosen is not None:
            inside = self._chosen[np.isin(self._chosen, inside)]
        return Recordings(self.table, inside)

    def parts(self) -> "Recordings":
        """Return those that are parts of a recording which was divided by time."""
        asked = "SELECT id FROM recordings WHERE part_of IS NOT NULL ORDER BY id"
        return Recordings(self.table, self._among(asked))

    def noted(self) -> "Recordings":
        """Return those with a note."""
        asked = "SELECT id FROM recordings WHERE notes IS NOT NULL ORDER BY id"
        return Recordings(self.table, self._among(asked))

    def take(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> "Recordings":
        """Return those of a mask [N], or at places among them."""
        return Recordings(self.table, self.numbers[which])

    def named(self, path: str) -> Recording | None:
        """Return the recording `path`; None if it is not among them."""
        place = self.find(path)
        return None if place is None else self[place]

    def find(self, path: str) -> int | None:
        """Return the place of the recording `path` among them; None if it is not there."""
        number = self.table.find(path)
        if number is None or self._chosen is None:
            return number
        places = np.flatnonzero(self._chosen == number)
        return int(places[0]) if len(places) else None

    @property
    def seconds(self) -> float:
        """Duration of all together."""
        return float(self.column("seconds").sum())

    def _among(self, query: str) -> NDArray[np.int64]:
        """Return the numbers that a query gives, of those that are among them."""
        found = np.array(self.table.ask(query), np.int64).reshape(-1)
        return found if self._chosen is None else np.intersect1d(found, self._chosen)
