"""What participants read, in every language there is a file for."""

import tomllib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("texts")
FALLBACK = "en"


@cache
def texts() -> dict[str, dict[str, str]]:
    """Every text by its name, by the language's code."""
    return {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted(FOLDER.glob("*.toml"))
    }
