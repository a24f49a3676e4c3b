"""Settings are frozen dataclasses beside their owner; this module fills them from text.

Unknown keys and bad values are refused by name, with the nearest right name as the remedy.
"""

import dataclasses
import difflib
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError

from reverie.errors import ReverieError
from reverie.legacy import renamed_setting

Settings = TypeVar("Settings")

STRICT = ConfigDict(extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)
"""The pydantic configuration of every settings dataclass."""


def build(kind: type[Settings], values: Mapping[str, Any], source: str) -> Settings:
    """Make `kind` from nested plain values.

    Args:
        kind: a `pydantic.dataclasses.dataclass`, possibly with sections that are such too.
        values: as read from TOML or JSON.
        source: where the values come from, for the message.

    Raises:
        ReverieError: a key is unknown or a value does not fit.
    """
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
            raise ReverieError(
                f"{source}: there is no setting {name}.", nearest(kind, name)
            ) from None
        problem = first["msg"].removeprefix("Value error, ").rstrip(".")
        if not name:
            raise ReverieError(f"{source}: {problem}.", "Change one of them.") from None
        given = f" (given: {first['input']!r})" if first["type"] != "missing" else ""
        raise ReverieError(
            f"{source}: setting {name} is wrong: {problem}{given}.", "Give it a value that fits."
        ) from None


def override(
    values: Mapping[str, Any], changes: Iterable[str] | Mapping[str, Any]
) -> dict[str, Any]:
    """A copy of nested `values` with `changes` applied.

    Args:
        values: nested by section.
        changes: values by dotted name, or `section.field=value` each, where a value is read as
            TOML, and as a bare string where it is not TOML.

    Raises:
        ReverieError: an assignment has no `=` or no name, or a section is named as a value.
    """
    result = _copied(values)
    named: Mapping[str, Any] = (
        cast(Mapping[str, Any], changes) if isinstance(changes, Mapping) else assigned(changes)
    )
    for name, value in named.items():
        parts = name.split(".")
        section = result
        for part in parts[:-1]:
            inner = section.setdefault(part, {})
            if not isinstance(inner, dict):
                raise ReverieError(
                    f"{name}: {part} is a value, not a section.", "Write section.field."
                )
            section = cast(dict[str, Any], inner)
        section[parts[-1]] = value
    return result


def assigned(assignments: Iterable[str]) -> dict[str, Any]:
    """Settings by dotted name, of `section.field=value` each; values are read as TOML.

    Raises:
        ReverieError: one of them has no `=` or no name.
    """
    named: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not all(name.strip().split(".")):
            raise ReverieError(
                f"{assignment!r} is not an assignment.", "Write section.field=value."
            )
        named[name.strip()] = _value(text.strip())
    return named


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The nested `values` by their dotted names."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            found |= flat(cast(dict[str, Any], value), f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found


def fields_of(kind: type[Any], prefix: str = "") -> dict[str, dataclasses.Field[Any]]:
    """Every setting of `kind` by its dotted name, sections opened."""
    found: dict[str, dataclasses.Field[Any]] = {}
    for field in dataclasses.fields(kind):
        name = f"{prefix}{field.name}"
        if isinstance(field.type, type) and dataclasses.is_dataclass(field.type):
            found |= fields_of(field.type, f"{name}.")
        else:
            found[name] = field
    return found


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _copied(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _copied(cast(Mapping[str, Any], value)) if isinstance(value, Mapping) else value
        for key, value in values.items()
    }


def nearest(kind: type[Any], name: str) -> str:
    """The setting that may have been meant by an unknown name, in words."""
    known = fields_of(kind)
    if (renamed := renamed_setting(name)) and renamed[0] in known:
        return renamed[1]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f"Did you mean {close[0]}?"
    section = name.rpartition(".")[0]
    here = [one for one in known if one.rpartition(".")[0] == section]
    return f"Known settings: {', '.join(here or known)}."
