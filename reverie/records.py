"""One strict reader for the JSON files of ours: what is damaged is named with its path and key.

A record is a frozen dataclass that derives from `Record`; its types say what a file may hold.
Nothing is converted: a number in quotes is no number, infinite numbers are none at all, unknown
keys are refused.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar, cast

from pydantic import ConfigDict, GetCoreSchemaHandler, PlainValidator, TypeAdapter, ValidationError
from pydantic_core import core_schema

from reverie.errors import ReverieError
from reverie.storage import read_plain

Kind = TypeVar("Kind")

RECORD = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
"""The pydantic configuration of a record's dataclass."""


class Record:
    """What a record's dataclass derives from: an object of JSON then stands for it.

    Pydantic wants of a strict dataclass that it is one already, unless it reads the JSON itself,
    which cannot hold the bytes of names that are not UTF-8.
    """

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        schema = inner = cast(dict[str, Any], handler(source))
        while inner["type"].startswith("function-"):  # validators of the record as a whole
            inner = inner["schema"]
        if inner["type"] == "dataclass":
            inner["strict"] = False
        return cast(core_schema.CoreSchema, schema)


MOST_BYTES = 1 << 26
"""No record but a corpus's manifest comes near to it."""

RESTORE = "Restore it from a copy, or make it again."


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("Input should be a valid string")
    return value


PathText = Annotated[str, PlainValidator(_text)]
"""A path as text. Unlike other text it may hold bytes that are not UTF-8, as lone surrogates."""


def read_json(path: Path, what: str, *, most_bytes: int = MOST_BYTES) -> Any:
    """Read JSON from the plain file `path`.

    Args:
        path: the file.
        what: what the file should be, for the message ("a corpus manifest").
        most_bytes: a larger file is refused before it is read.

    Raises:
        ReverieError: the file is missing, no plain file, too large, unreadable, or not JSON with
            finite numbers.
    """
    return _parsed(read_plain(path, what, most_bytes), path, what)


def read_record(
    path: Path, kind: type[Kind], what: str, *, most_bytes: int = MOST_BYTES, remedy: str = RESTORE
) -> Kind:
    """Read the record of type `kind` that `path` holds.

    Args:
        path: the file.
        kind: a dataclass, or any type that pydantic knows.
        what: what the file should be, for the message ("a checkpoint").
        most_bytes: a larger file is refused before it is read.
        remedy: for the message.

    Raises:
        ReverieError: as `read_json`, or a key is missing, unknown, or its value does not fit.
    """
    return as_record(read_json(path, what, most_bytes=most_bytes), kind, f"{path}", remedy=remedy)


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
        # Frozen records hold tuples, which JSON has no word for.
        return TypeAdapter(kind).validate_python(_tuples(values))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        problem = first["msg"].removeprefix("Value error, ").rstrip(".")
        raise ReverieError(
            f"{source} is damaged: {key + ': ' if key else ''}{_lowered(problem)}.", remedy
        ) from None
    except RecursionError:
        _too_deep(source)


def read_lines(path: Path, kind: type[Kind], what: str) -> Iterator[Kind | None]:
    """The records of a file of JSON lines, in order; None for a line that is damaged.

    Nothing comes of a file that is not there.

    Raises:
        ReverieError: the file is no plain file or unreadable.
    """
    if not path.exists() and not path.is_symlink():
        return
    adapter = TypeAdapter(kind)
    for line in read_plain(path, what, 1 << 32).split(b"\n"):
        if not line:
            continue
        try:
            yield adapter.validate_python(_tuples(_loads(line)))
        except (ValueError, RecursionError):
            yield None


def _parsed(content: bytes, path: Path, what: str) -> Any:
    try:
        return _loads(content)
    except ValueError as error:
        raise ReverieError(f"{path} cannot be read as {what}: {error}.", RESTORE) from error
    except RecursionError:
        _too_deep(f"{path}")


def _loads(content: bytes) -> Any:
    return json.loads(content.decode("utf-8"), parse_constant=_no_number)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _too_deep(source: str) -> NoReturn:
    raise ReverieError(f"{source} is damaged: it is nested too deeply.", RESTORE) from None


def _tuples(value: object) -> object:
    if isinstance(value, list):
        return tuple(map(_tuples, cast(list[object], value)))
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in cast(dict[str, object], value).items()}
    return value


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
