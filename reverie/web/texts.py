"""What a page says, in every language that a folder has a file for."""

import tomllib
from functools import cache
from pathlib import Path


@cache
def texts_in(folder: Path) -> dict[str, dict[str, str]]:
    """Every text by its name, by the language's code: `en.toml` in `folder` holds the English."""
    return {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.toml"))
    }
