"""Settings as keywords: by their own name, by section, or by dotted name."""

import difflib
from collections.abc import Mapping
from typing import Any, cast

from reverie.errors import ReverieError
from reverie.settings import fields_of

Settings = Mapping[str, Any]


def dotted(
    kind: type[Any], settings: Settings | None, keywords: Settings, where: str
) -> dict[str, Any]:
    """Collect settings by their dotted names.

    Args:
        kind: the settings dataclass, possibly with sections.
        settings: by dotted name, such as `{"model.hidden": 512}`.
        keywords: by their own name (`hidden=512`) or by section (`model={"hidden": 512}`).
        where: what was called, for the message.

    Raises:
        ReverieError: a name is unknown, or stands for several settings.
    """
    known = fields_of(kind)
    sections = {name.partition(".")[0] for name in known if "." in name}
    chosen: dict[str, Any] = dict(settings or {})
    for name, value in keywords.items():
        if name in sections:
            if not isinstance(value, Mapping):
                raise ReverieError(
                    f"{where}: {name} is a section of settings.", f"Write {name}={{...}}."
                )
            inner = cast(Mapping[str, Any], value)
            chosen |= {f"{name}.{field}": one for field, one in inner.items()}
            continue
        matches = [full for full in known if full.rpartition(".")[2] == name]
        if not matches:
            raise ReverieError(f"{where}: there is no setting {name}.", _nearest(name, list(known)))
        if len(matches) > 1:
            raise ReverieError(
                f"{where}: {name} stands for {' and '.join(matches)}.",
                "Give it by its section, or by its dotted name.",
            )
        chosen[matches[0]] = value
    return chosen


def _nearest(name: str, known: list[str]) -> str:
    own = {full.rpartition(".")[2]: full for full in known}
    close = difflib.get_close_matches(name, own, n=1, cutoff=0.5)
    return f"Did you mean {close[0]}?" if close else f"Known: {', '.join(sorted(own))}."
