"""An S3 server for all tests of what lies at URLs, and a cache of its own for each."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
import s3fs
from fsspec.config import conf

from reverie import terminal
from reverie.remote import cache, places, trying
from tests.music import write_recordings
from tests.remote.store import FaultyServer

RATE_HZ = 8000
BUCKET = "music"
_numbers = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[FaultyServer]:
    made = FaultyServer()
    before = dict(conf)
    conf["s3"] = {
        "endpoint_url": made.url,
        "key": "a-key",
        "secret": "a-secret",
        "config_kwargs": {"retries": {"max_attempts": 1}, "s3": {"addressing_style": "path"}},
    }
    s3fs.S3FileSystem.retries = 1
    store = s3fs.S3FileSystem()
    store.mkdir(BUCKET)
    yield made
    conf.clear()
    conf.update(before)
    s3fs.S3FileSystem.close_session(store.loop, store.s3)
    fsspec.filesystem("memory").store.clear()
    s3fs.S3FileSystem.clear_instance_cache()
    made.close()


@pytest.fixture
def s3(server: FaultyServer) -> str:
    """The URL of a folder of its own."""
    del server
    return f"s3://{BUCKET}/{next(_numbers)}"


@pytest.fixture
def files(server: FaultyServer) -> Any:
    """What others do at URLs."""
    del server
    return s3fs.S3FileSystem()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine that has fetched nothing yet, and does not wait long."""
    monkeypatch.setenv("REVERIE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(trying, "WAITS_SECONDS", [0.01] * 4)
    monkeypatch.setattr(cache, "FREE_BYTES", 0)
    yield tmp_path / "cache"
    forget()


def forget() -> None:
    """Let go of all places, as a process does that ends."""
    for place in places._opened.values():
        cache.let_go(place._lock)
    places._opened.clear()
    terminal._names.clear()


@pytest.fixture
def another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Go on as if on another machine, whose cache is empty."""
    count = itertools.count()

    def go() -> None:
        forget()
        monkeypatch.setenv("REVERIE_CACHE", str(tmp_path / f"cache-{next(count)}"))

    return go


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five melodies of six seconds."""
    folder = tmp_path_factory.mktemp("music") / "tunes"
    write_recordings(folder, 5, 6.0, RATE_HZ)
    return folder
