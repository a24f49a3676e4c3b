import itertools
import sys
from pathlib import Path
from typing import Any

import pytest

from reverie.errors import ReverieError
from reverie.remote import store as stores
from reverie.remote.store import Store
from reverie.remote.trying import GoneError
from reverie.remote.urls import checked_url, is_url
from tests.remote.store import FaultyServer


def test_files_are_sent_listed_and_fetched(s3: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"music" * 100)
    store = Store(s3)
    store.send(tmp_path / "a", "b/a.wav")
    listed = store.listing()
    assert list(listed) == ["b/a.wav"]
    assert listed["b/a.wav"].size == 500
    store.fetch("b/a.wav", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"music" * 100
    store.remove(["b/a.wav", "never there"])
    assert not store.listing()


@pytest.mark.parametrize("kind", ["503", "cut", "slow"])
def test_a_bad_connection_is_outlasted(
    s3: str, server: FaultyServer, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "PIECE_BYTES", 1000)
    monkeypatch.setattr(stores, "PIECE_SECONDS", 0.3)
    content = bytes(range(256)) * 20
    (tmp_path / "a").write_bytes(content)
    store = Store(s3)
    store.send(tmp_path / "a", "a")
    with server.failing([kind, None, kind], "GET", "/a"):
        store.fetch("a", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content


def test_a_store_that_stays_away_leaves_nothing_half(
    s3: str, server: FaultyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "PIECE_BYTES", 1000)
    (tmp_path / "a").write_bytes(bytes(5000))
    store = Store(s3)
    store.send(tmp_path / "a", "a")
    with (
        server.failing(itertools.chain([None, None], itertools.repeat("cut")), "GET", "/a"),
        pytest.raises(ReverieError, match="cannot be read"),
    ):
        store.fetch("a", tmp_path / "folder" / "copy")
    assert list((tmp_path / "folder").iterdir()) == []


def test_what_changes_while_it_is_read_is_read_again(s3: str, files: Any, tmp_path: Path) -> None:
    files.pipe_file(f"{s3}/a", b"old" * 10)
    store = Store(s3)
    before = store.entry("a")
    files.pipe_file(f"{s3}/a", b"new and longer" * 10)
    now = store.fetch("a", tmp_path / "copy", before)
    assert (tmp_path / "copy").read_bytes() == b"new and longer" * 10
    assert now.version != before.version


def test_what_is_not_there_is_said_at_once(s3: str, server: FaultyServer) -> None:
    before = len(server.requests)
    with pytest.raises(GoneError, match="is not there"):
        Store(s3).entry("a")
    assert len(server.requests) - before < 4


def test_large_answers_are_refused_before_they_are_read(s3: str, files: Any) -> None:
    files.pipe_file(f"{s3}/a", bytes(1000))
    with pytest.raises(ReverieError, match="holds 1000 bytes"):
        Store(s3).read("a", 999)


@pytest.mark.parametrize(
    "url",
    ["s3://me:secret@bucket/a", "https://key@host/a", "https://host/a?X-Amz-Signature=secret"],
)
def test_urls_with_secrets_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ReverieError) as refused:
        Store(url)
    assert "secret" not in str(refused.value).replace("may be a secret", "")
    assert "key@" not in str(refused.value)


def test_what_opens_an_url_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    known: Any = sys.modules["fsspec.registry"]
    monkeypatch.delitem(known._registry, "s3", raising=False)
    with pytest.raises(ReverieError, match=r"pip install 'reverie-music\[remote\]'"):
        Store("s3://bucket/a")
    with pytest.raises(ReverieError, match="no kind of place"):
        Store("nowhere://bucket/a")


def test_a_path_is_no_url() -> None:
    assert not is_url("C:/music")
    assert not is_url("music/a:b")
    assert is_url("simplecache::s3://bucket/a")
    assert checked_url("s3://bucket/a/") == "s3://bucket/a"
