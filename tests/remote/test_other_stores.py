"""Stores that are no S3: a web server that only lists, and fsspec's memory."""

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import reverie
from reverie.cli.app import app
from reverie.errors import ReverieError
from reverie.remote.cache import cache, hold, let_go
from reverie.remote.lease import writing
from reverie.remote.places import Place, place_at
from tests.remote.conftest import RATE_HZ, forget


class Quiet(SimpleHTTPRequestHandler):
    def log_request(self, code: Any = "-", size: Any = "-") -> None: ...


@pytest.fixture(scope="module")
def web(recordings: Path) -> Iterator[str]:
    """The URL of the folder in which the recordings lie, which a plain web server shows."""
    handler = functools.partial(Quiet, directory=str(recordings.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
    _close_sessions()


def _close_sessions() -> None:
    from fsspec.implementations.http import HTTPFileSystem

    for one in list(HTTPFileSystem._cache.values()):
        if getattr(one, "_session", None) is not None:
            HTTPFileSystem.close_session(one.loop, one._session)
    HTTPFileSystem.clear_instance_cache()


def test_recordings_are_prepared_from_a_web_server(web: str, tmp_path: Path) -> None:
    made = reverie.prepare(f"{web}/tunes", tmp_path / "corpus", rate_hz=RATE_HZ, processes=1)
    assert [one.path for one in made.recordings] == [f"tune {at}.wav" for at in range(5)]
    again = reverie.prepare(f"{web}/tunes/", tmp_path / "corpus", processes=1)
    assert again.opened.content_hash == made.opened.content_hash


def test_a_corpus_lies_in_any_store(corpus_folder: Path) -> None:
    import fsspec

    url = "memory://shelf/corpus"
    fsspec.filesystem("memory").put(str(corpus_folder), "/shelf/corpus", recursive=True)
    corpus = reverie.open_corpus(url)
    corpus.check()
    assert corpus.url == url
    inspected = CliRunner().invoke(app, ["inspect", url, "--no-leaks", "--quiet"])
    assert inspected.exit_code == 0, inspected.output
    told = CliRunner().invoke(app, ["inspect", url, "--json", "--no-leaks", "--quiet"])
    assert f'"corpus": "{url}"' in told.output
    fsspec.filesystem("memory").rm_file("/shelf/corpus/manifest.json")
    missing = CliRunner().invoke(app, ["inspect", url])
    assert missing.exit_code == 2
    assert f"{url} holds no corpus, but one that was begun" in missing.output.replace("\n", " ")


def test_one_process_writes_at_an_url() -> None:
    place = place_at("memory://shelf/a")
    with writing(place) as lease:
        with (
            pytest.raises(ReverieError, match="by another process on this machine"),
            writing(place),
        ):
            pass
        lease.check()
        forget()
    with writing(Place("memory://shelf/a")):
        pass


def test_what_is_held_or_not_sent_is_not_removed(own_cache: Path) -> None:
    kept = cache()
    for name in ("held", "unsent", "idle"):
        folder = kept.places / name
        let_go(hold(folder))
        (folder / "large").write_bytes(bytes(1000))
    (kept.places / "unsent" / "unsent").touch()
    held = hold(kept.places / "held")
    kept._evict(kept.most_bytes, bounded=True)
    assert sorted(one.name for one in (own_cache / "places").iterdir()) == ["held", "unsent"]
    let_go(held)


def test_an_url_where_only_a_folder_will_do_is_refused() -> None:
    with pytest.raises(ReverieError, match="has to be on this machine"):
        reverie.list_runs("s3://bucket/runs")
    told = CliRunner().invoke(app, ["prepare", "s3://me:secret@bucket/a"])
    assert told.exit_code == 2
    assert "secret" not in told.output


def test_a_file_url_is_a_path(corpus_folder: Path) -> None:
    assert reverie.open_corpus(f"file://{corpus_folder}").folder == corpus_folder
