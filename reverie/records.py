"""One strict reader for the JSON files of ours: what is damaged is named with its path and key.

A record is a frozen dataclass; its types say what a file may hold. Nothing is converted: a number
in quotes is no number, infinite numbers are none at all, unknown keys are refused.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar, cast

from pydantic import AfterValidator, ConfigDict, TypeAdapter, ValidationError

from reverie.errors import ReverieError
from reverie.storage import opened_plain, read_plain

Kind = TypeVar("Kind")

RECORD = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
"""The pydantic configuration of a record's dataclass."""

MOST_BYTES = 1 << 26
"""No record but a corpus's manifest comes near to it."""

MOST_VALUES = 1 << 20
"""In a file of JSON: many small ones take a hundred times its bytes of memory."""
MOST_LINE_BYTES = 1 << 24

RESTORE = "Restore it from a copy, or make it again."


_ODD = {code: 0x100000 + code for code in range(0xD800, 0xE000)}
"""Lone surrogates to characters for private use: pydantic's JSON has no word for the former."""
_EVEN = {there: code for code, there in _ODD.items()}

PathText = Annotated[str, AfterValidator(lambda text: text.translate(_EVEN))]
"""A path as text: bytes that are not UTF-8 are in it as lone surrogates, as Python has them."""

JsonObject = Annotated[dict[str, Any], AfterValidator(lambda values: _translated(values, _EVEN))]
"""Plain values by name, whatever they are; texts in it are kept as `PathText` keeps them."""


def read_json(
    path: Path, what: str, *, most_bytes: int = MOST_BYTES, most_values: int = MOST_VALUES
) -> Any:
    """Read JSON from the plain file `path`.

    Args:
        path: the file.
        what: what the file should be, for the message ("a corpus manifest").
        most_bytes: a larger file is refused before it is read.
        most_values: in it.

    Raises:
        ReverieError: the file is missing, no plain file, too large, unreadable, or not JSON with
            finite numbers and each key once.
    """
    content = read_plain(path, what, most_bytes)
    return parse_json(content, f"{path}", what, most_values=most_values)


def read_record(
    path: Path,
    kind: type[Kind],
    what: str,
    *,
    most_bytes: int = MOST_BYTES,
    most_values: int = MOST_VALUES,
    remedy: str = RESTORE,
) -> Kind:
    """Read the record of type `kind` that `path` holds.

    Args:
        path: the file.
        kind: a dataclass, or any type that pydantic knows.
        what: what the file should be, for the message ("a checkpoint").
        most_bytes: a larger file is refused before it is read.
        most_values: in it.
        remedy: for the message.

    Raises:
        ReverieError: as `read_json`, or a key is missing, unknown, or its value does not fit.
    """
    values = read_json(path, what, most_bytes=most_bytes, most_values=most_values)
    return as_record(values, kind, f"{path}", remedy=remedy)


def as_record(values: object, kind: type[Kind], source: str, *, remedy: str = RESTORE) -> Kind:
    """`values`, as read from JSON, as a record of type `kind`.

    Args:
        values: plain values.
        kind: a dataclass, or any type that pydantic knows.
        source: where they are from, for the message.
        remedy: for the message.

    Raises:
        ReverieError: a key is missing, unknown, or its value does not fit.
    """
    try:
        return adapter(kind).validate_json(json.dumps(_translated(values, _ODD)), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "json_invalid":  # nothing else is wrong with JSON of ours
            _too_deep(source)
        key = ".".join(str(part) for part in first["loc"])
        problem = first["msg"].removeprefix("Value error, ").rstrip(".")
        raise ReverieError(
            f"{source} is damaged: {key + ': ' if key else ''}{problem[:1].lower()}{problem[1:]}.",
            remedy,
        ) from None
    except RecursionError:
        _too_deep(source)


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """What checks records of a type; to make it takes longer than to check one."""
    return TypeAdapter(kind)


def read_lines(
    path: Path,
    kind: type[Kind],
    what: str,
    translate: Callable[[Any], Any] = lambda line: line,
    *,
    most_bytes: int = 1 << 32,
) -> Iterator[Kind | None]:
    """The records of a file of JSON lines, in order; None for a line that is damaged or too long.

    Nothing comes of a file that is not there.

    Args:
        path: the file.
        kind: of its records.
        what: the file should be.
        translate: turns a line of an older version into one of today's.
        most_bytes: a larger file is refused before it is read.

    Raises:
        ReverieError: the file is no plain file or unreadable.
    """
    if not path.exists() and not path.is_symlink():
        return
    lines = adapter(kind)
    with opened_plain(path, what, most_bytes) as file:
        while line := file.readline(MOST_LINE_BYTES):
            if len(line) == MOST_LINE_BYTES:
                yield None  # and the rest of it another
                continue
            if line == b"\n":
                continue
            try:
                values = translate(_loads(line, MOST_VALUES))
                yield lines.validate_json(json.dumps(_translated(values, _ODD)), strict=True)
            except (ValueError, RecursionError):
                yield None


def parse_json(
    content: bytes, source: str, what: str = "JSON", *, most_values: int = MOST_VALUES
) -> Any:
    """`content` as JSON, whose numbers are finite, and which has each key once.

    Args:
        content: UTF-8.
        source: where it is from, for the message.
        what: what it should be, for the message.
        most_values: in it; counted by its marks, before memory is taken.

    Raises:
        ReverieError: it is not JSON, or too much.
    """
    try:
        return _loads(content, most_values)
    except ValueError as error:
        raise ReverieError(f"{source} cannot be read as {what}: {error}.", RESTORE) from error
    except RecursionError:
        _too_deep(source)


def values_in(content: bytes) -> int:
    """How many values JSON holds at most, by its marks; no memory is taken."""
    return sum(map(content.count, (b",", b"[", b"{")))


def _loads(content: bytes, most_values: int) -> Any:
    if values_in(content) > most_values:
        raise ValueError(f"it holds more than {most_values} values")
    return json.loads(
        content.decode("utf-8"), parse_constant=_no_number, object_pairs_hook=_each_once
    )


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        seen = set[str]()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))
        raise ValueError(f"it has {twice[:100]!r} twice")
    return values


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _too_deep(source: str) -> NoReturn:
    raise ReverieError(f"{source} is damaged: it is nested too deeply.", RESTORE) from None


def _translated(value: object, table: dict[int, int]) -> Any:
    """`value` with the characters of all texts in it translated by `table`."""
    if isinstance(value, str):
        return value if value.isascii() else value.translate(table)
    if isinstance(value, list):
        return [_translated(item, table) for item in cast(list[object], value)]
    if isinstance(value, dict):
        items = cast(dict[str, object], value).items()
        return {_translated(key, table): _translated(item, table) for key, item in items}
    return value
