"""What a person says on the page and the disk does not tell: marks, presets and ticks.

Each is a JSON file in the studio's folder of state, read once and written whole.
"""

import threading
from pathlib import Path
from typing import Any, cast

from reverie.errors import ReverieError
from reverie.records import read_json
from reverie.storage import write_json
from reverie.studio.problems import Problem

MOST_ENTRIES = 100_000


class Kept:
    """Values by name, in one file.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._values = _read(path)

    def all(self) -> dict[str, Any]:
        """Return all values by name."""
        with self._lock:
            return dict(self._values)

    def get(self, name: str) -> Any:
        """Return one value; None if there is none."""
        return self._values.get(name)

    def put(self, name: str, value: Any) -> None:
        """Keep a value; None removes it.

        Raises:
            Problem: there are too many.
            ReverieError: the disk refuses.
        """
        with self._lock:
            values = {key: one for key, one in self._values.items() if key != name}
            if value is not None:
                values[name] = value
            if len(values) > MOST_ENTRIES:
                raise Problem(409, "Too much is kept already.", "Remove some of it.")
            write_json(self._path, values)
            self._values = values


def _read(path: Path) -> dict[str, Any]:
    try:
        read: object = read_json(path, "what is kept")
    except ReverieError:
        return {}
    return cast(dict[str, Any], read) if isinstance(read, dict) else {}
