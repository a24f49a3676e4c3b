"""Records that may be deleted at any time, since they are made again: the one cache of files.

A file says which version of the work made its record, what that depended on, and the hash of its
content. What is damaged, or of another version or other things, is made again. On a disk that
cannot be written nothing is kept.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from reverie.errors import ReverieError
from reverie.records import MOST_BYTES, adapter, as_record, read_json
from reverie.storage import own_folder, sweep, write_json

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Cached(Generic[Kind]):
    """A record in a file, made once."""

    path: Path
    kind: Any
    """Its type: a dataclass, or any that pydantic knows. Floats in it are finite."""
    version: int
    """Of the work that makes it."""
    depends_on: str
    """Says what it was made of, such as the hash of a corpus."""

    def read(self) -> Kind | None:
        """Return the record; None if there is none, or it is damaged or of other things."""
        with contextlib.suppress(ReverieError):
            match read_json(self.path, "what was kept", most_values=MOST_BYTES):
                case {"content": content, **told} if told == self._told(content):
                    return as_record(content, self.kind, f"{self.path}")
                case _:
                    pass
        return None

    def write(self, content: Kind) -> Kind:
        """Keep a record if the disk lets it; return it as it will be read.

        So what is made and what is read give the same to the byte.
        """
        values = json.loads(json.dumps(adapter(self.kind).dump_python(content)))
        # What holds infinite numbers is not kept.
        with contextlib.suppress(ReverieError, ValueError):
            write_json(self.path, self._told(values) | {"content": values})
        return as_record(values, self.kind, f"{self.path}")

    def get(self, make: Callable[[], Kind]) -> Kind:
        """Return the record, which is made and kept if there is none."""
        kept = self.read()
        return self.write(make()) if kept is None else kept

    def _told(self, content: object) -> dict[str, object]:
        """What a file says of its content, as read from JSON."""
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        return {"version": self.version, "depends_on": self.depends_on, "sha256": digest}


class CacheFolder:
    """Records by name in a folder that holds so many at most.

    Args:
        path: of the folder, which is made when something is kept.
        most_bytes: of all files; those that were not used for the longest time go first.
    """

    def __init__(self, path: Path, most_bytes: int) -> None:
        self.path, self._most_bytes = path, most_bytes

    def cached(self, name: str, kind: Any, version: int, depends_on: str) -> Cached[Any]:
        """Return where the record is that is called so and depends on that; it counts as used.

        Raises:
            ReverieError: the folder is a link.
        """
        if self.path.is_symlink():
            own_folder(self.path)
        key = hashlib.sha256(depends_on.encode()).hexdigest()[:32]
        path = self.path / f"{name}-{key}.json"
        with contextlib.suppress(OSError):
            os.utime(path, follow_symlinks=False)
        return Cached(path, kind, version, depends_on)

    def prune(self) -> None:
        """Remove what is half written by processes that are gone, and what is too much."""
        with contextlib.suppress(OSError):
            sweep(self.path, below=False)
            files = [(path, path.lstat()) for path in self.path.glob("*.json")]
            total = 0
            for path, about in sorted(files, key=lambda file: -file[1].st_mtime):
                total += about.st_size
                if total > self._most_bytes:
                    path.unlink(missing_ok=True)
