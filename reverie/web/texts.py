"""Read the texts of pages, in every language that a folder has a file for."""

import tomllib
from functools import cache
from pathlib import Path


@cache
def texts_in(folder: Path) -> dict[str, dict[str, str]]:
    """Return texts by language code, then by name; `folder`/en.toml holds the English ones."""
    return {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.toml"))
    }
