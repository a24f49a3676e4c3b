"""Uploads: streamed, named safely, whole or not there, never over something else."""

import hashlib
import os
import signal
import socket
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.studio.uploads import LONGEST_PART_BYTES, safe_name
from tests.studio.serving import Page, Reply, StudioProcess, until


def put(page: Page, file: str, content: bytes, folder: str = "new") -> Reply:
    return page.ask("/api/upload", {"folder": folder, "file": file}, method="PUT", raw=content)


def test_a_file_comes_whole_with_its_folders(page: Page, folder: Path) -> None:
    content = os.urandom(5 << 20)
    reply = put(page, "album one/01 – first.flac", content)
    assert (reply.status, reply.json()) == (
        201, {"path": "new/album one/01 – first.flac", "new": True},
    )  # fmt: skip
    written = folder / "new" / "album one" / "01 – first.flac"
    assert hashlib.sha256(written.read_bytes()).digest() == hashlib.sha256(content).digest()
    assert [path.name for path in written.parent.iterdir()] == [written.name]


def test_the_same_file_twice_is_once_and_another_is_refused(page: Page, folder: Path) -> None:
    put(page, "a.wav", b"one")
    again = put(page, "a.wav", b"one")
    assert (again.status, again.json()["new"]) == (200, False)
    other = put(page, "a.wav", b"two")
    assert (other.status, other.json()["remedy"]) == (409, "Rename it.")
    assert (folder / "new" / "a.wav").read_bytes() == b"one"
    query = {"folder": "new", "file": "a.wav"}
    assert page.get("/api/upload", **query, bytes=3)["there"]
    assert page.ask("/api/upload", {**query, "bytes": 4}).status == 409
    assert not page.get("/api/upload", folder="new", file="b.wav", bytes=4)["there"]


def test_nothing_goes_into_a_folder_of_reverie(with_corpus: Path, page: Page) -> None:
    assert with_corpus.is_dir()
    for name in ("corpus", "corpus/shards", "corpus/new"):
        assert put(page, "x.wav", b"x", name).status == 409


def test_a_page_that_goes_away_leaves_nothing(page: Page, folder: Path) -> None:
    with closing(socket.create_connection(("127.0.0.1", page.port))) as raw:
        head = "PUT /api/upload?folder=tunes&file=x.wav HTTP/1.1\r\nContent-Length: 99999\r\n"
        raw.sendall(f"{head}Host: 127.0.0.1:{page.port}\r\n\r\nRIFF".encode())
        until(lambda: list((folder / "tunes").glob(".x.wav.*")))
    until(lambda: not list((folder / "tunes").glob(".*")))
    assert not (folder / "tunes" / "x.wav").exists()


def test_a_server_that_is_killed_leaves_what_was_whole(folder: Path) -> None:
    studio = StudioProcess(folder)
    put(studio.page, "whole.wav", b"whole", "tunes")
    with closing(socket.create_connection(("127.0.0.1", studio.page.port))) as raw:
        head = "PUT /api/upload?folder=tunes&file=half.wav HTTP/1.1\r\nContent-Length: 99999\r\n"
        raw.sendall(f"{head}Host: 127.0.0.1:{studio.page.port}\r\n\r\nRIFF".encode())
        until(lambda: list((folder / "tunes").glob(".half.wav.*")))
        studio.kill()
    studio.start()
    assert put(studio.page, "half.wav", b"now whole", "tunes").status == 201
    studio.process.send_signal(signal.SIGINT)
    studio.process.wait()
    names = sorted(path.name for path in (folder / "tunes").iterdir() if path.name[:4] != "tune")
    assert names == ["half.wav", "whole.wav"]


@given(st.text(min_size=1, max_size=300))
def test_any_name_becomes_a_safe_one(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert safe.isprintable()
    assert not safe.startswith(".")
    assert len(os.fsencode(safe)) <= LONGEST_PART_BYTES or "." not in safe
    assert not set(safe) & set('<>:"|?*\\')


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a\u202eb.mp3", "a_b.mp3"),
        ("Cafe\u0301.wav", "Café.wav"),
        ("..hidden.wav", "hidden.wav"),
        ("a:b?.wav", "a_b_.wav"),
        ("x" * 300 + ".wav", "x" * (LONGEST_PART_BYTES - 4) + ".wav"),
        ("...", "_"),
    ],
)
def test_names_that_were_seen(name: str, safe: str) -> None:
    assert safe_name(name) == safe
