"""Settings as keywords: by their own name, by section, or by dotted name."""

import difflib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from reverie.errors import ReverieError
from reverie.legacy import renamed_setting
from reverie.remote.urls import checked_url, is_url
from reverie.settings import fields_of, nearest

Settings = Mapping[str, Any]
PathLike = str | os.PathLike[str]


def path_of(given: object, name: str, kinds: str = "") -> Path:
    """Read an argument as a path.

    Args:
        given: what was passed.
        name: of the argument.
        kinds: what else it may be, such as `a Corpus`, for the message.

    Raises:
        ReverieError: it is no path.
    """
    if isinstance(given, str | os.PathLike):
        path = cast(str | bytes, os.fspath(cast(PathLike, given)))
        if is_url(path):
            raise ReverieError(
                f"{name} is an URL, and has to be on this machine.", "Give a path, or copy it here."
            )
        if isinstance(path, str) and path and "\0" not in path:
            return Path(path)
        whole = "a path with a NUL character" if isinstance(path, str) else "a path of bytes"
        problem = whole if path else "empty"
    else:
        problem = "None" if given is None else f"of the kind {type(given).__name__}"
    either = f"{kinds}, or " if kinds else ""
    raise ReverieError(f"{name} is {problem}.", f"Give {either}a path, as text or a Path.")


def place_of(given: object, name: str, kinds: str = "") -> Path | str:
    """Read an argument as a path, or as the URL of a folder.

    Raises:
        ReverieError: it is neither, or an URL that holds a secret.
    """
    if isinstance(given, str) and is_url(given):
        url = checked_url(given)
        return Path(unquote(urlsplit(url).path)) if url.startswith("file://") else url
    return path_of(given, name, kinds)


def paths_of(given: object, name: str, kinds: str = "") -> list[Path]:
    """Read an argument as a path or several.

    Raises:
        ReverieError: it is neither, or empty.
    """
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        if not given:
            raise ReverieError(f"{name} is empty.", "Give one path at least.")
        return [path_of(path, name, kinds) for path in cast(Sequence[object], given)]
    return [path_of(given, name, kinds)]


def dotted(
    kind: type[Any], settings: Settings | None, keywords: Settings, where: str
) -> dict[str, Any]:
    """Collect settings by their dotted names.

    Args:
        kind: the settings dataclass, possibly with sections.
        settings: by dotted name (`{"model.hidden": 512}`), by their own (`{"hidden": 512}`) or by
            section (`{"model": {"hidden": 512}}`).
        keywords: the same, as keywords; they count over `settings`.
        where: what was called, for the message.

    Raises:
        ReverieError: a name is unknown, or stands for several settings.
    """
    if settings is not None and not isinstance(cast(object, settings), Mapping):
        raise ReverieError(
            f"{where}: settings is of the kind {type(settings).__name__}.",
            "Give a dict of settings by name, or give them as keywords.",
        )
    known = fields_of(kind)
    sections = {name.partition(".")[0] for name in known if "." in name}
    chosen: dict[str, Any] = {}
    for name, value in _opened([*(settings or {}).items(), *keywords.items()], sections, where):
        matches = [full for full in known if name in {full, full.rpartition(".")[2]}]
        if not matches:
            renamed = renamed_setting(name)
            if "." in name or (renamed and renamed[0] in known):
                said = nearest(kind, name)
            else:
                said = _nearest(name, list(known))
            raise ReverieError(f"{where}: there is no setting {name}.", said)
        if len(matches) > 1:
            raise ReverieError(
                f"{where}: {name} stands for {' and '.join(matches)}.",
                "Give it by its section, or by its dotted name.",
            )
        chosen[matches[0]] = value
    return chosen


def _opened(
    items: Iterable[tuple[str, Any]], sections: Collection[str], where: str
) -> Iterator[tuple[str, Any]]:
    """Settings one by one: those of a section by their dotted names."""
    for name, value in items:
        if not isinstance(cast(object, name), str):
            raise ReverieError(
                f"{where}: the setting {name!r} has no name.", "Give settings by name, as text."
            )
        if name not in sections:
            yield name, value
        elif isinstance(value, Mapping):
            inner = cast(Mapping[str, Any], value)
            yield from ((f"{name}.{field}", one) for field, one in inner.items())
        else:
            raise ReverieError(
                f"{where}: {name} is a section of settings.", f"Write {name}={{...}}."
            )


def _nearest(name: str, known: list[str]) -> str:
    own = {full.rpartition(".")[2]: full for full in known}
    close = difflib.get_close_matches(name.rpartition(".")[2], own, n=1, cutoff=0.5)
    return f"Did you mean {close[0]}?" if close else f"Known: {', '.join(sorted(own))}."


def prompt_names(prompt: PathLike | Sequence[PathLike] | None) -> list[str]:
    """Names of what clips continue, as settings hold them; None begins from nothing.

    Raises:
        ReverieError: it is an empty list.
    """
    if prompt is None:
        return ["nothing"]
    if isinstance(prompt, Sequence) and not isinstance(prompt, str) and not prompt:
        raise ReverieError("prompt is an empty list.", "Write prompt=None to begin from nothing.")
    return [str(path) for path in paths_of(prompt, "prompt", "held-out, training, None")]
