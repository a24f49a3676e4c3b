"""How a studio is opened: for this machine alone, or for others, with a token."""

import http.client
import signal
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from reverie.errors import ReverieError
from reverie.storage import only_one
from reverie.studio import serving
from tests.studio.serving import PATIENCE_SECONDS, StudioProcess


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("192.168.1.2", False),
        ("localhost.example", False),
    ],
)
def test_what_only_this_machine_reaches(host: str, loopback: bool) -> None:
    assert serving.is_loopback(host) is loopback


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would be served; it ends at once."""
    served: list[Any] = []
    monkeypatch.setattr(serving, "make_server", lambda *_: SimpleNamespace(run=lambda **_: None))
    monkeypatch.setattr(
        serving, "make_app", lambda studio, _, token: served.append((studio, token))
    )
    monkeypatch.setattr(serving.webbrowser, "open", served.append)
    return served


def test_loopback_needs_no_token(
    opened: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serving.serve(tmp_path / "new", "127.0.0.1", 0, show=True)
    (studio, token), link = opened
    assert (token, studio.token_required) == ("", False)
    assert link.startswith("http://127.0.0.1:")
    assert capsys.readouterr().out.startswith(f"The studio of {tmp_path / 'new'}: {link}\n")


def test_other_machines_need_the_token_that_is_printed(
    opened: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tokens: set[str] = set()
    for _ in range(2):
        serving.serve(tmp_path, "0.0.0.0", 0, show=False)
        studio, token = opened.pop()
        assert studio.token_required
        assert len(token) >= 32
        assert f"/?token={token}\n" in capsys.readouterr().out
        tokens.add(token)
    assert len(tokens) == 2


def test_one_folder_has_one_studio(opened: list[Any], tmp_path: Path) -> None:
    serving.make_studio(tmp_path, serving.Hosts("127.0.0.1", 1, "http://x"), False)
    with (
        only_one(tmp_path / ".reverie-studio"),
        pytest.raises(ReverieError, match="another process"),
    ):
        serving.serve(tmp_path, "127.0.0.1", 0, show=False)
    assert len(opened) == 1


def test_open_streams_end_with_the_server(tmp_path: Path) -> None:
    studio = StudioProcess(tmp_path)
    connection = http.client.HTTPConnection("127.0.0.1", studio.page.port, timeout=PATIENCE_SECONDS)
    with closing(connection):
        connection.request("GET", "/api/events")
        stream = connection.getresponse()
        assert stream.readline() == b"retry: 2000\n"
        studio.process.send_signal(signal.SIGINT)
        stream.read()  # IncompleteRead, if it were cut off
    studio.process.wait()
