"""Files of a store as it tells of them."""

from dataclasses import dataclass
from typing import Any

_VERSIONS = ("ETag", "etag", "generation", "md5Hash", "checksum",
             "LastModified", "last_modified", "mtime", "updated", "created")  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A file of a store as a listing tells it."""

    path: str
    """As the store names it."""
    size: int | None
    """In bytes; None where the store does not say."""
    version: str
    """Changes with the file: its ETag, version or time of change, whatever the store has."""


def entry_of(path: str, facts: dict[str, Any]) -> Entry:
    """Return what `fsspec` says of a file as an entry."""
    size: object = facts.get("size")
    # The first that there is: a listing and an answer about one file round times differently.
    version = next((str(facts[key]).strip('"') for key in _VERSIONS if facts.get(key)), "")
    return Entry(path, size if isinstance(size, int) else None, version)


def is_same(first: Entry, second: Entry) -> bool:
    """Whether two answers may be of one version of a file."""
    versions, sizes = {first.version, second.version} - {""}, {first.size, second.size} - {None}
    return len(versions) < 2 and len(sizes) < 2


def is_plain_name(name: str) -> bool:
    """Whether a name from a store leads nowhere else when it is a path here."""
    return "\0" not in name and all(part not in ("", ".", "..") for part in name.split("/"))
