"""Clients that open much and say little take nobody's place."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from reverie.listening.folder import ListeningTest
from reverie.listening.web.app import ListeningApp
from reverie.web.connections import Limits
from reverie.web.guard import HEADER_BYTES
from tests.listening.making import SMALL, make_clips, make_test
from tests.listening.serving import Client, served

SHORT = Limits(header_seconds=0.5, body_seconds=0.5, stall_seconds=0.5, connections=40,
               of_client=30)  # fmt: skip
PATIENT = replace(SHORT, header_seconds=600.0, body_seconds=600.0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> ListeningTest:
    return make_test(tmp_path_factory.mktemp("limits"), None, anchors=0)


def connect(app: ListeningApp, sent: bytes = b"") -> socket.socket:
    raw = socket.create_connection(("127.0.0.1", int(app.base_url.rpartition(":")[2])), timeout=60)
    raw.sendall(sent)
    return raw


def request(app: ListeningApp, path: str, *more: str) -> bytes:
    host = app.base_url.partition("://")[2]
    return "\r\n".join([f"{path} HTTP/1.1", f"Host: {host}", *more, "", ""]).encode()


def is_cut(raw: socket.socket) -> bool:
    """Wait for the server to end a connection; whatever it says before does not matter."""
    try:
        while raw.recv(1 << 16):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


@contextmanager
def many(app: ListeningApp, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [stack.enter_context(closing(connect(app, sent))) for _ in range(count)]


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
        b"\r\n",
        b"POST /answer HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{",
        b"POST /answer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
    ],
)
def test_half_a_request_does_not_stay(
    made: ListeningTest, begun: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(made, limits=SHORT) as app, many(app, 20, begun) as opened:
        assert Client(app.base_url).ask("/about").status == 200
        assert all(is_cut(one) for one in opened)
        assert Client(app.base_url).ask("/about").status == 200
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) <= 1
    assert all("127.0.0.1: " in line for line in lines)


def test_a_request_of_one_letter_at_a_time_does_not_stay(made: ListeningTest) -> None:
    with served(made, limits=SHORT) as app, closing(connect(app)) as raw:
        raw.settimeout(0.05)
        whole = request(app, "GET /about", f"X-Slow: {'x' * 4000}")
        for at in range(len(whole)):
            try:
                raw.sendall(whole[at : at + 1])
                if not raw.recv(1):
                    return
            except TimeoutError:
                continue
            except ConnectionError:
                return
        pytest.fail("it was let finish")


def test_who_opens_many_loses_their_own(made: ListeningTest) -> None:
    with served(made, limits=PATIENT) as app, many(app, 100, b"GET / HTTP/1.1\r\n") as opened:
        # A whole request is answered whatever else is open.
        for _ in range(5):
            assert Client(app.base_url).ask("/about").status == 200
        assert all(is_cut(one) for one in opened[: 100 - PATIENT.of_client])
        opened[-1].sendall(request(app, "x").partition(b"\r\n")[2])
        assert opened[-1].recv(12) == b"HTTP/1.1 200"


def test_there_are_only_so_many_in_all(made: ListeningTest) -> None:
    lenient = replace(PATIENT, of_client=1000)
    with served(made, limits=lenient) as app, many(app, 100, b"GET ") as opened:
        assert Client(app.base_url).ask("/about").status == 200
        assert all(is_cut(one) for one in opened[: 100 - lenient.connections])


def test_who_takes_nothing_of_a_sound_is_cut_off(tmp_path: Path) -> None:
    sources = make_clips(tmp_path / "clips", clips=1, seconds=60.0, rate_hz=48_000)
    settings = replace(SMALL, participants=1, clips=1, seconds=60, anchors=0, repeats=0,
                       practice=0, attention=0)  # fmt: skip
    test = ListeningTest.make(sources, tmp_path / "test", settings, quiet=True)
    with served(test, limits=SHORT) as app:
        client = Client(app.base_url)
        client.begin(app.link(app.store.participants()[0].invitation))
        asked = request(app, "GET /sound/check", f"Cookie: {client.cookie}")
        with closing(connect(app, asked)) as raw:
            time.sleep(1.5)
            taken = 0
            try:
                while piece := raw.recv(1 << 20):
                    taken += len(piece)
            except ConnectionError:
                pass
        assert 0 < taken < len(client.ask("/sound/check").body)


def test_headers_and_bodies_are_small(made: ListeningTest) -> None:
    with served(made) as app:
        for sent in (
            request(app, "GET /about", f"X-Large: {'x' * 2 * HEADER_BYTES}"),
            request(app, f"GET /{'x' * 2 * HEADER_BYTES}"),
            request(app, "GET /about", *(f"X-{at}: y" for at in range(HEADER_BYTES // 4))),
        ):
            with closing(connect(app, sent)) as raw:
                assert raw.recv(12) in {b"HTTP/1.1 400", b"HTTP/1.1 431"}
        endless = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
        start = request(app, "POST /ready", "Content-Type: application/json",
                        "Transfer-Encoding: chunked")  # fmt: skip
        with closing(connect(app, start + endless)) as raw:
            assert raw.recv(12) == b"HTTP/1.1 413"


def test_what_is_no_http_is_said_once(
    made: ListeningTest, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(made) as app:
        for sent in (b"\x16\x03\x01\x02", b"\x1b]0;owned\x07\r\n\r\n", b"GET\r\n\r\n") * 5:
            with closing(connect(app, sent)) as raw:
                assert raw.recv(12) == b"HTTP/1.1 400"
        for _ in range(5):
            upgrade = request(app, "GET /about", "Connection: upgrade", "Upgrade: websocket")
            with closing(connect(app, upgrade)) as raw:
                assert raw.recv(12) == b"HTTP/1.1 200"
        client = Client(app.base_url)
        for host in ("a.example", "b.example"):
            client.ask("/", headers={"Host": host})
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "\x1b" not in said
    assert "\x07" not in said
