"""Whom a server takes a request for, and from whom: names, origins, redirects."""

import pytest

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
