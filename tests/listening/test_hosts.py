"""Whom a server takes a request for, and from whom: names, origins, redirects."""

import socket

import pytest

from reverie.errors import ReverieError
from reverie.listening.web.hosts import Hosts, base_of
from tests.listening.scene import Scene


def test_no_redirect_repeats_a_secret_or_a_foreign_host(scene: Scene) -> None:
    store = scene.app.store
    fresh = next(one for one in store.participants() if one.opened_at is None)
    for secret, path in (
        (store.organiser, f"/organiser/{store.organiser}"),
        (store.organiser, f"/organiser/{store.organiser}/"),
        (store.organiser, f"/organiser/{store.organiser}/end/"),
        (store.organiser, f"/organiser/{store.organiser}/answers.csv/"),
        (fresh.invitation, f"/join/{fresh.invitation}"),
        (fresh.invitation, f"/join/{fresh.invitation}/"),
    ):
        told = scene.client().ask(path, headers={"Host": f"localhost:{scene.port}"})
        assert secret not in told.headers.get("location", ""), path
        assert "localhost" not in told.headers.get("location", ""), path
        assert told.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:{port}", 200),
        ("localhost:{port}", 200),
        ("LOCALHOST:{port}", 200),
        ("[::1]:{port}", 200),
        ("rebound.example:{port}", 421),
        ("localhost.rebound.example:{port}", 421),
        ("127.0.0.1.rebound.example:{port}", 421),
        ("127.0.0.1", 421),
        ("127.0.0.1:1", 421),
        ("192.0.2.1:{port}", 421),
        ("rebound.example", 421),
        ("127.0.0.1:{port}@rebound.example", 421),
        ("", 421),
    ],
)
def test_a_server_is_called_by_its_own_names_alone(scene: Scene, host: str, status: int) -> None:
    client = scene.taker()
    told = {"Host": host.format(port=scene.port)}
    for path in ("/state", "/", f"/organiser/{scene.app.store.organiser}"):
        assert client.ask(path, headers=told).status == status, path


def test_a_page_of_another_site_is_refused_by_its_origin(scene: Scene) -> None:
    client, port = scene.taker(), scene.port
    here = f"/organiser/{scene.app.store.organiser}"
    for origin in (
        "https://elsewhere.example", f"http://elsewhere.example:{port}", f"http://127.0.0.1:{port}.x",
        "http://127.0.0.1", f"http://user@127.0.0.1:{port}", f"ftp://127.0.0.1:{port}", "x", "",
    ):  # fmt: skip
        assert client.ask("/ready", {}, headers={"Origin": origin}).status == 403, origin
        refused = client.ask(f"{here}/end", method="POST", headers={"Origin": origin})
        assert refused.status == 403, origin
    assert scene.app.store.ended_at is None


def test_a_proxys_host_and_a_page_without_referrer_are_no_other_site(scene: Scene) -> None:
    client = scene.taker()
    own = scene.app.base_url.partition("://")[2]
    for headers in (
        {"Origin": "null"},
        {"Origin": scene.app.base_url, "Host": f"localhost:{own.partition(':')[2]}"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Origin": f"http://{own}"},
    ):
        assert client.ask("/ready", {}, headers=headers).status == 204, headers


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
