"""The table of a corpus's recordings: a database in SQLite, each row read when it is asked for.

So a corpus of a million recordings is open in the time that its file takes to be hashed. Columns of
numbers are read as arrays.
Letters: N recordings.
"""

import dataclasses
import json
import math
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from reverie.corpus.recording import Recording, Split
from reverie.errors import ReverieError
from reverie.storage import require_plain

MOST_KEPT = 20_000
"""Rows kept in memory, about a kilobyte each."""

REMEDY = "Prepare the corpus again."

_INTEGERS = {
    "source_rate_hz", "source_channels", "channels", "shard", "offset_samples", "samples",
    "sounding_start", "sounding_end",
}  # fmt: skip
_REALS = {"seconds", "loudness_lufs", "peak_dbfs", "rms_dbfs"}
_NAMES = [field.name for field in dataclasses.fields(Recording)]
_MISSING = -1
"""In a column of whole numbers, where there is none."""


def _kind(name: str) -> str:
    if name in _INTEGERS:
        return "INTEGER"
    return "REAL" if name in _REALS else "BLOB" if name == "content_hash" else "TEXT"


_COLUMNS = ", ".join(f"{name} {_kind(name)}" for name in _NAMES)
SCHEMA = f"CREATE TABLE recordings (id INTEGER PRIMARY KEY, {_COLUMNS})"
_VALUES = ", ".join("CAST(? AS TEXT)" if _kind(name) == "TEXT" else "?" for name in ("id", *_NAMES))
_IMPOSSIBLE = """SELECT id FROM recordings WHERE NOT coalesce(
    typeof(samples) = 'integer' AND samples BETWEEN 1 AND 1 << 48
    AND typeof(offset_samples) = 'integer' AND offset_samples BETWEEN 0 AND 1 << 48
    AND typeof(shard) = 'integer' AND shard BETWEEN 0 AND 1 << 48
    AND channels IN (1, 2) AND split IN ('train', 'held-out')
    AND typeof(seconds) = 'real' AND abs(seconds - 1.0 * samples / ?) <= 0.01
    AND typeof(rms_dbfs) = 'real'
    AND coalesce(sounding_start, 0) BETWEEN 0 AND coalesce(sounding_end, samples)
    AND coalesce(sounding_end, samples) <= samples, 0
) LIMIT 1"""


class RecordingTable:
    """All recordings of a corpus, in a database.

    Args:
        connection: to a database with the table.
        source: the file, for messages.
    """

    def __init__(self, connection: sqlite3.Connection, source: str) -> None:
        # Texts may be no UTF-8: names of files are bytes.
        connection.text_factory = _text
        self._connection, self._source = connection, source
        weakref.finalize(self, connection.close)
        self._lock = threading.Lock()
        self._kept: dict[int, Recording] = {}
        self._arrays: dict[str, NDArray[Any]] = {}

    @classmethod
    def of(cls, recordings: Iterable[Recording]) -> "RecordingTable":
        """Make a table in memory."""
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        connection.execute("PRAGMA page_size = 16384")
        connection.execute(SCHEMA)
        rows = (_row(number, one) for number, one in enumerate(recordings))
        connection.executemany(f"INSERT INTO recordings VALUES ({_VALUES})", rows)
        connection.commit()
        return cls(connection, "the corpus")

    @classmethod
    def open(cls, path: Path) -> "RecordingTable":
        """Open the table in the plain file `path`, which nobody changes any more.

        Raises:
            ReverieError: it is missing, no plain file, or not such a table.
        """
        require_plain(path, "the recordings of a corpus")
        where = quote(bytes(path.absolute()))
        try:
            connection = sqlite3.connect(
                f"file:{where}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            schema = connection.execute("SELECT sql FROM sqlite_master").fetchall()
        except sqlite3.Error as error:
            raise damaged(f"{path}", str(error)) from error
        if schema != [(SCHEMA,)]:
            raise damaged(f"{path}", "it holds another table")
        return cls(connection, f"{path}")

    def bytes(self) -> bytes:
        """Return the file that `open` reads; of the same recordings it is the same."""
        return self._connection.serialize()

    def check(self, rate_hz: int) -> None:
        """Check what is used without reading whole rows.

        Raises:
            ReverieError: a row cannot be true.
        """
        ((count, first, last),) = self.ask("SELECT count(*), min(id), max(id) FROM recordings")
        if not count:
            raise damaged(self._source, "recordings: the list is empty")
        if (first, last) != (0, count - 1):
            raise damaged(self._source, "recordings: their numbers have gaps")
        for (number,) in self.ask(_IMPOSSIBLE, rate_hz):
            self.row(number)  # which names what is wrong, if it is no number
            raise damaged(self._source, f"recordings.{number}: its numbers contradict each other")

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return all rows of a query.

        Raises:
            ReverieError: the file cannot be read.
        """
        try:
            with self._lock:
                return self._connection.execute(query, values).fetchall()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise damaged(self._source, str(error)) from error

    def row(self, number: int) -> Recording:
        """Return one recording.

        Raises:
            ReverieError: its row is damaged.
        """
        return self._kept[number] if number in self._kept else next(self.rows([number]))

    def rows(self, numbers: Iterable[int]) -> Iterator[Recording]:
        """Yield recordings by their numbers.

        Raises:
            ReverieError: a row is damaged.
        """
        names, wanted = ", ".join(_NAMES), list(numbers)
        missing = ", ".join(str(int(number)) for number in wanted if number not in self._kept)
        found = {number: self._kept[number] for number in wanted if number in self._kept}
        if missing:
            query = f"SELECT id, {names} FROM recordings WHERE id IN ({missing})"
            found |= {row[0]: self._recording(*row) for row in self.ask(query)}
            if len(self._kept) + len(found) > MOST_KEPT:
                self._kept.clear()
            self._kept |= found
        for number in wanted:
            yield found[number]

    def column(self, name: str) -> NDArray[Any]:
        """Return a column of numbers: int64 [N], -1 for none, or float64 [N], NaN for none."""
        if name not in self._arrays:
            if name in _INTEGERS:
                asked = f"SELECT coalesce({name}, {_MISSING}) FROM recordings ORDER BY id"
                kind: Any = np.int64
            elif name in _REALS:
                asked, kind = f"SELECT {name} FROM recordings ORDER BY id", np.float64
            else:
                raise KeyError(name)
            self._arrays[name] = self._array(kind, asked)
        return self._arrays[name]

    def of_split(self, split: Split) -> NDArray[np.int64]:
        """Return the numbers of a split's recordings, ascending."""
        if split not in self._arrays:
            asked = "SELECT id FROM recordings WHERE split = ? ORDER BY id"
            self._arrays[split] = self._array(np.int64, asked, split)
        return self._arrays[split]

    def find(self, path: str) -> int | None:
        """Return the number of the recording `path`; None if there is none."""
        asked = "SELECT id FROM recordings WHERE path = CAST(? AS TEXT)"
        found = self.ask(asked, _bytes(path))
        return found[0][0] if found else None

    def _array(self, kind: Any, query: str, *values: object) -> NDArray[Any]:
        """Return the single column of a query, without ever holding it as a list."""
        try:
            with self._lock:
                return np.fromiter(
                    (
                        math.nan if one is None else one
                        for (one,) in self._connection.execute(query, values)
                    ),
                    kind,
                )
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise damaged(self._source, str(error)) from error

    def _recording(self, number: int, *row: Any) -> Recording:
        values = dict(zip(_NAMES, row, strict=True))
        try:
            values["content_hash"] = values["content_hash"].hex()
            notes: object = json.loads(values["notes"] or "[]")
            values["notes"] = tuple(cast(Any, notes)) if isinstance(notes, list) else notes
            return Recording(**values)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            said = first["msg"].lower().rstrip(".")
            raise damaged(self._source, f"recordings.{number}.{key}: {said}") from None
        except (AttributeError, TypeError, ValueError, RecursionError):
            raise damaged(self._source, f"recordings.{number}: it is no row of ours") from None


def damaged(source: str, problem: str) -> ReverieError:
    """Return the error of a corpus that is not as it was written."""
    return ReverieError(f"{source} is damaged: {problem}.", REMEDY)


def _row(number: int, recording: Recording) -> list[Any]:
    values = dict(vars(recording))
    values["content_hash"] = bytes.fromhex(recording.content_hash)
    values["notes"] = json.dumps(recording.notes) if recording.notes else None
    return [number, *(_bytes(one) if isinstance(one, str) else one for one in values.values())]


def _text(read: bytes) -> str:
    return read.decode("utf-8", "surrogatepass")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
