"""What a place keeps of itself: its URL, and which version of each file lies in it."""

import hashlib
from pathlib import Path

from pydantic.dataclasses import dataclass

from reverie.errors import ReverieError
from reverie.records import RECORD, read_record
from reverie.remote.cache import Cache

PLACE = "place.json"


@dataclass(frozen=True, config=RECORD)
class Held:
    """A file of a place as it lies here and as it was at the URL."""

    version: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, config=RECORD)
class About:
    """What `place.json` holds."""

    url: str
    files: dict[str, Held]
    writer: str = ""


def home_of(cache: Cache, url: str) -> Path:
    """Return where the place of an URL lies in a cache."""
    return cache.places / hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def read_about(home: Path) -> About | None:
    """Return what a place says of itself; None where nothing of it is to be believed."""
    try:
        return read_record(home / PLACE, About, "a place")
    except ReverieError:
        return None


def facts_of(path: Path) -> tuple[int, int] | None:
    """Return the size and the time of change of a file; None where there is none."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns
