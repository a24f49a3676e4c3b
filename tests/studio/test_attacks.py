"""Who may ask, for what, and how much: a stranger's site, a stranger on the network, a thief."""

import json
import shlex
import shutil
import socket
from collections import namedtuple
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reverie.studio.serving import LIMITS
from tests.studio.serving import Page, served

ESCAPES = (
    "../secret.wav",
    "tunes/../../secret.wav",
    "/etc/passwd",
    "/etc",
    "//etc/passwd",
    "tunes/../.reverie-studio/marks.json",
    ".reverie-studio",
    ".reverie-studio/jobs",
    "way-out",
    "way-out/secret.wav",
    "to-secret.wav",
    "to-state/marks.json",
    "\0",
    "tunes\n",
    "a" * 5000,
)


LITERAL = ("~/x", "tunes\\..\\x", "tunes/%2e%2e/x", "file:///etc/passwd", "$(id)", "a;b")
"""Names that look as if they led elsewhere, and are names like any other."""


@pytest.fixture
def attacked(folder: Path) -> Path:
    """A folder with a secret beside it, and links that lead there."""
    shutil.copy(next((folder / "tunes").iterdir()), folder.parent / "secret.wav")
    (folder / "way-out").symlink_to(folder.parent)
    (folder / "to-secret.wav").symlink_to(folder.parent / "secret.wav")
    (folder / "to-state").symlink_to(folder / ".reverie-studio")
    return folder


@pytest.mark.parametrize("name", ESCAPES)
def test_no_name_leads_out(name: str, attacked: Path) -> None:
    with served(attacked) as page:
        for address, parameter in (
            ("/api/sound", "path"), ("/api/peaks", "path"), ("/api/picture", "path"),
            ("/api/health", "path"), ("/api/corpus", "path"), ("/api/recordings", "path"),
            ("/api/run", "path"), ("/api/clips", "folder"), ("/api/listening", "path"),
        ):  # fmt: skip
            assert 400 <= page.ask(address, {parameter: name}).status < 500, address
        for address, body in (
            ("/api/marks", {"path": name, "star": True}),
            ("/api/ticks", {"path": name, "leave_out": [], "hold_out": [], "train_on": []}),
            ("/api/show", {"path": name}),
            ("/api/estimate", {"corpus": name}),
            ("/api/listening", {"paths": [name, "tunes"]}),
            ("/api/save", {"paths": [name]}),
            ("/api/command", {"command": ["prepare", name, "--out", "new"]}),
            ("/api/command", {"command": ["prepare", "tunes", "--out", name]}),
            ("/api/command", {"command": ["train", "tunes", f"--out={name}"]}),
            ("/api/command", {"command": ["train", "tunes", "--recipe", name]}),
            ("/api/command", {"command": ["generate", "tunes", "--prompt", name]}),
        ):  # fmt: skip
            assert 400 <= page.ask(address, body=body).status < 500, (address, body)
        assert page.get("/api/jobs")["jobs"] == []
        reply = page.ask("/api/upload", {"folder": name, "file": "x.wav"}, method="PUT", raw=b"x")
        assert 400 <= reply.status < 500
    assert not (attacked.parent / "x.wav").exists()


@pytest.mark.parametrize("name", LITERAL)
def test_a_name_is_never_read_another_way(name: str, page: Page, folder: Path) -> None:
    assert page.ask("/api/sound", {"path": name}).status == 404
    body = {"command": ["prepare", "tunes", "--out", name], "dry": True}
    words = shlex.split(page.post("/api/command", body)["line"])
    assert folder in (folder / words[-1]).resolve().parents


@pytest.mark.parametrize(
    "file", ["../x.wav", "a/../../x.wav", "..", "/", "", "config.json", "x.html", "a\\..\\b.wav"]
)
def test_no_upload_leads_out(file: str, page: Page, folder: Path) -> None:
    before = sorted(folder.parent.rglob("*"))
    reply = page.ask("/api/upload", {"folder": "new", "file": file}, method="PUT", raw=b"x")
    assert 400 <= reply.status < 500
    assert sorted(folder.parent.rglob("*")) == before


@pytest.mark.parametrize("id", ["..", "../..", "%2e%2e", "x", "20261126-000000-abcd/../..", "."])
def test_no_job_leads_out(id: str, page: Page) -> None:  # noqa: A002
    for address in (f"/api/jobs/{id}", f"/api/jobs/{id}/stop", f"/api/jobs/{id}/remove"):
        reply = page.ask(address, body=None if address.endswith(id) else {})
        assert reply.status in {404, 405}
    assert page.ask("/api/download", {"job": id}).status == 404


@pytest.mark.parametrize("name", ["../app.py", "../../web/guard.py", "texts", "%2e%2e/app.py", ""])
def test_static_files_are_only_the_pages(name: str, page: Page) -> None:
    assert page.ask(f"/static/{name}").status == 404


COMMANDS: tuple[list[str], ...] = (
    ["demo"],
    ["studio", "tunes"],
    ["--version"],
    ["--progress-file", "x", "train", "tunes"],
    ["listen"],
    ["listen", "backup", "tunes"],
    ["prepare"],
    ["prepare", "tunes", "tunes"],
    ["prepare", "tunes", "-o", "x"],
    ["prepare", "tunes", "--", "x"],
    ["prepare", "tunes", "--out"],
    ["prepare", "tunes", "--json"],
    ["prepare", "tunes", "--replace=yes"],
    ["prepare", "tunes", "--out", "."],
    ["prepare", "nothing-there"],
    ["generate", "tunes", "--overwrite"],
    ["listen", "serve", "tunes", "--host", "0.0.0.0"],
    ["experiment", "other", "tunes"],
    ["train", "tunes", "--recipe", "opera"],
    ["train", "tunes\u202e"],
    ["sh", "-c", "true"],
    ["train", "x" * 2000],
)


@pytest.mark.parametrize("command", COMMANDS)
def test_only_known_commands_run(command: list[str], page: Page) -> None:
    reply = page.ask("/api/command", body={"command": command})
    assert reply.status in {400, 404, 422}
    assert set(reply.json()) == {"problem", "remedy"}
    assert page.get("/api/jobs")["total"] == 0


def test_what_begins_with_a_dash_is_no_option(folder: Path) -> None:
    (folder / "--replace").mkdir()
    with served(folder) as page:
        body = {"command": ["prepare", "./--replace", "--out", "x y"], "dry": True}
        assert page.post("/api/command", body)["line"] == "reverie prepare ./--replace --out 'x y'"


FOREIGN = (
    {"Origin": "http://evil.example"},
    {"Origin": "https://127.0.0.1.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_site_may_ask_nothing(headers: dict[str, str], page: Page, folder: Path) -> None:
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        ("/api/library", {}),
        ("/api/sound?path=tunes/tune%200.wav", {}),
        ("/api/events", {}),
        ("/api/command", {"body": {"command": ["prepare", "tunes"]}}),
        ("/api/presets", {"body": {"name": "x"}, "method": "DELETE"}),
        ("/api/upload?folder=new&file=x.wav", {"method": "PUT", "raw": b"x"}),
    )
    for address, more in asked:
        reply = page.ask(address, headers=headers, **more)
        assert reply.status == 403, address
        assert set(reply.json()) == {"problem", "remedy"}
    assert not (folder / "new").exists()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil:80"])
def test_another_host_is_misdirected(host: str, page: Page) -> None:
    assert page.ask("/api/library", headers={"Host": host}).status == 421


def test_a_form_cannot_send_json(page: Page) -> None:
    body = json.dumps({"command": ["prepare", "tunes"]}).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        reply = page.ask("/api/command", raw=body, headers={"Content-Type": kind})
        assert reply.status == 415


def test_without_the_token_nothing_is_told(folder: Path) -> None:
    with served(folder, token="s3cret") as page:
        for address in ("/", "/static/index.html", "/api/about", "/api/library", "/api/events"):
            assert page.ask(address).status == 403, address
        assert page.ask("/", {"token": "s3cre"}).status == 403
        assert page.ask("/api/about", {"token": "s3cret"}).status == 403
        page.cookie = "reverie-studio-x=s3cret"
        assert page.ask("/api/about").status == 403
        page.cookie = None
        reply = page.ask("/", {"token": "s3cret"})
        assert (reply.status, reply.headers["location"]) == (303, "/")
        assert "httponly" in reply.headers["set-cookie"].lower()
        assert "samesite=strict" in reply.headers["set-cookie"].lower()
        assert page.get("/api/about")["token_required"]
        assert page.ask("/").status == 200


def test_no_inline_script_may_run(page: Page) -> None:
    policy = page.ask("/").headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["script-src"] == "'self'"
    assert rules["default-src"] == "'none'"
    assert rules["frame-ancestors"] == "'none'"
    for address in ("/api/library", "/static/x.js", "/api/nothing"):
        told = page.ask(address).headers
        assert told["content-security-policy"] == policy
        assert told["x-content-type-options"] == "nosniff"


def test_names_are_told_as_they_are_and_never_as_html(folder: Path) -> None:
    evil = "<img src=x onerror=alert(1)>"
    (folder / "tunes").rename(folder / evil)
    with served(folder) as page:
        reply = page.ask("/api/library")
        assert reply.headers["content-type"] == "application/json"
        assert [row["path"] for row in reply.json()["recordings"]] == [evil]
        refused = page.ask("/api/run", {"path": f"{evil}/x"})
        assert refused.headers["content-type"] == "application/json"


Usage = namedtuple("Usage", "total used free")


def test_a_disk_that_is_too_small_says_so(
    page: Page, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**10, 9 * 10**9, 10**9))
    query = {"folder": "tunes", "file": "huge.wav"}
    told = page.ask("/api/upload", {**query, "bytes": 10**10})
    assert told.status == 507
    assert told.json()["problem"].startswith("The file takes 10.0 GB and the disk has 1.0 GB")
    with closing(socket.create_connection(("127.0.0.1", page.port), timeout=60)) as raw:
        raw.sendall(
            b"PUT /api/upload?folder=tunes&file=huge.wav HTTP/1.1\r\n"
            + f"Host: 127.0.0.1:{page.port}\r\nContent-Length: {10**10}\r\n\r\n".encode()
        )
        assert b"507" in raw.recv(4096)
    assert not (folder / "tunes" / "huge.wav").exists()
    assert not list((folder / "tunes").glob(".*"))


def test_bodies_are_limited(page: Page) -> None:
    assert page.ask("/api/marks", body={"path": "x" * 20_000}).status == 413
    assert page.ask("/api/command", body={"command": ["x" * 1024] * 5000}).status == 413
    assert page.ask("/api/marks", body={"path": "x", "more": 1}).status == 422
    assert page.ask("/api/library?" + "x" * 20_000).status == 431


def test_200_idle_connections_and_a_slow_client_shut_nobody_out(folder: Path) -> None:
    limits = replace(LIMITS, header_seconds=60.0, body_pause_seconds=60.0)
    with served(folder, limits=limits) as page, ExitStack() as stack:
        host = f"127.0.0.1:{page.port}"
        for number in range(200):
            raw = socket.create_connection(("127.0.0.1", page.port), timeout=60)
            stack.enter_context(closing(raw))
            if number % 2:
                raw.sendall(f"GET /api/events HTTP/1.1\r\nHost: {host}\r\nX: ".encode())
        slow = socket.create_connection(("127.0.0.1", page.port), timeout=60)
        stack.enter_context(closing(slow))
        slow.sendall(f"POST /api/marks HTTP/1.1\r\nHost: {host}\r\nContent-Length: 99\r\n".encode())
        assert page.get("/api/library")["recordings"]


def test_a_pause_within_a_body_ends_the_connection(folder: Path) -> None:
    with served(folder, limits=replace(LIMITS, body_pause_seconds=0.3)) as page:
        raw = socket.create_connection(("127.0.0.1", page.port), timeout=60)
        with closing(raw):
            head = (
                f"PUT /api/upload?folder=tunes&file=x.wav HTTP/1.1\r\nHost: 127.0.0.1:{page.port}"
            )
            raw.sendall(f"{head}\r\nContent-Length: 99\r\n\r\nRIFF".encode())
            assert raw.recv(100) == b""
        assert page.get("/api/library")
    assert not (folder / "tunes" / "x.wav").exists()
