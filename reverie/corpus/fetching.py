"""Fetch what describes a corpus at an URL."""

import json
from pathlib import PurePosixPath
from typing import Any, cast

from reverie.corpus.manifest import MANIFEST, MOST_BYTES, TABLES
from reverie.errors import ReverieError
from reverie.remote.places import Place

TRIES = 3
"""A corpus that is prepared anew meanwhile is looked at so often."""


def fetch_manifest(place: Place) -> None:
    """Bring here the manifest of a corpus and the table that it names, as they are at the URL now.

    Raises:
        ReverieError: there is no corpus, or the store does not answer.
    """
    for _ in range(TRIES):
        place.list()
        if MANIFEST not in place.listed:
            place.path(MANIFEST).unlink(missing_ok=True)
            raise ReverieError(
                f"{place.url} holds no corpus{_begun(place)}.",
                "Give the URL of a corpus that `reverie prepare` made.",
            )
        place.fetch([MANIFEST], most_bytes=MOST_BYTES)
        table = _table(place)
        if table is None or table in place.listed:
            # A damaged manifest is told of by whoever reads it.
            place.fetch([table] if table else [], most_bytes=None)
            return
    raise ReverieError(
        f"{place.url} is damaged: the table of its recordings is missing.",
        "Prepare the corpus again.",
    )


def _table(place: Place) -> str | None:
    """Return the name of the table that the manifest names; None where it names none."""
    try:
        read: object = json.loads(place.path(MANIFEST).read_bytes())
        recordings: object = cast("dict[str, Any]", read)["recordings"]
        name = str(cast("dict[str, Any]", recordings)["file"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return name if PurePosixPath(name).match(TABLES) and "/" not in name else None


def _begun(place: Place) -> str:
    return ", but one that was begun and not finished" if any(
        name.startswith("shards/") for name in place.listed) else ""  # fmt: skip
