"""By which names a server may be called, and what links begin with."""

import socket

import pytest

from reverie.errors import ReverieError
from reverie.web.hosts import Hosts, base_of


def known(host: str, port: int, url: str | None, *asked: str) -> list[bool]:
    hosts = Hosts(host, port, base_of(host, port, url))
    return [hosts.knows(one) for one in asked]


def test_names_of_a_server_behind_a_proxy() -> None:
    asked = ("listen.example", "LISTEN.example:443", "listen.example.", "127.0.0.1:8080",
             "listen.example:80", "listen.example:8080", "other.example",
             "10.0.0.1:8080")  # fmt: skip
    found = known("127.0.0.1", 8080, "https://Listen.example/", *asked)
    assert found == [True, True, True, True, False, False, False, False]
    assert known("127.0.0.1", 8080, "http://listen.example:81", "listen.example:81",
                 "listen.example") == [True, False]  # fmt: skip


def test_names_of_a_server_that_listens_everywhere() -> None:
    own = socket.gethostname()
    asked = (f"{own}:8080", f"{own}.local:8080", "192.0.2.7:8080", "[2001:db8::1]:8080",
             "192.0.2.7", "192.0.2.7:81", "rebound.example:8080", "192.0.2.7.rebound.example:8080",
             "[192.0.2.7].rebound.example:8080", ":8080", "")  # fmt: skip
    for host in ("0.0.0.0", "::"):
        found = known(host, 8080, None, *asked)
        assert found == [True] * 4 + [False] * 7, host


def test_names_of_a_server_at_one_address() -> None:
    assert known("192.0.2.7", 8080, None, "192.0.2.7:8080", "192.0.2.8:8080") == [True, False]
    assert known("::1", 8080, None, "[::1]:8080", "[::2]:8080") == [True, False]
    assert known("desk.example", 80, None, "desk.example", "desk.example:80") == [True, True]


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://host", "https://host"),
        ("https://host:8443/", "https://host:8443"),
        ("http://[2001:db8::1]:80", "http://[2001:db8::1]:80"),
        ("http://[::1", None),
        ("http://host:99999", None),
        ("http://host:port", None),
        ("http://user:word@host", None),
        ("http://host/#x", None),
        ("http://host/?", None),
        ("http://ho st", None),
        ("http://host\x1b[31m", None),
        ("http://caf\udce9", None),
        ("http://:80", None),
        ("", None),
    ],
)
def test_what_links_can_begin_with(url: str, base: str | None) -> None:
    if base is not None:
        assert base_of("127.0.0.1", 80, url) == base
        return
    with pytest.raises(ReverieError, match="links cannot begin with") as caught:
        base_of("127.0.0.1", 80, url)
    assert "\x1b" not in str(caught.value)
