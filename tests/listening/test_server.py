"""Requests of every kind, honest and not, against a real server."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import soundfile

from reverie.corpus.corpus import Corpus
from reverie.listening.folder import ListeningTest
from reverie.listening.records import Answered
from reverie.listening.stimuli import LOWER, UPPER
from reverie.listening.web.guard import HEADERS, LARGEST_BODY_BYTES
from reverie.listening.web.server import ListeningApp
from tests.listening.making import CONDITIONS, SMALL, make_clips, make_test
from tests.listening.serving import Client, answer, served


@dataclass
class Scene:
    """A served test, and what is in its store."""

    app: ListeningApp
    test: ListeningTest

    def client(self) -> Client:
        return Client(self.app.base_url)

    def taker(self) -> Client:
        """Someone at their first trial."""
        fresh = next(one for one in self.app.store.participants() if one.opened_at is None)
        client = self.client()
        client.begin(self.app.link(fresh.invitation))
        return client

    def kept(self) -> tuple[list[Answered], list[str | None]]:
        store = self.app.store
        return store.answers(), [one.comment for one in store.participants()]


@pytest.fixture(scope="module")
def scene(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    test = make_test(tmp_path_factory.mktemp("served"), corpus, participants=80)
    with served(test) as app:
        yield Scene(app, test)


def hear(client: Client) -> dict[str, Any]:
    state = client.ask("/state").json()
    for sound in state["sounds"]:
        assert client.ask(f"/sound/{sound}").status == 200
    time.sleep(1)
    return state


def test_a_whole_test(scene: Scene) -> None:
    fresh = next(one for one in scene.app.store.participants() if one.opened_at is None)
    client, given = scene.client(), []
    client.take(scene.app.link(fresh.invitation), 1.0, given)
    assert len(given) == len(scene.test.orders[0])
    assert client.ask("/state").json()["step"] == "thanks"
    kept = [one for one in scene.app.store.answers() if one.participant == fresh.number]
    assert [one.answer.answer for one in kept] == [score for _, score in given]


def test_every_response_has_safe_headers(scene: Scene) -> None:
    client = scene.taker()
    state = client.ask("/state").json()
    for path in (
        "/", "/app.js", "/about", "/state", "/nowhere", f"/sound/{state['sounds'][0]}",
        "/sound/forged", "/join/forged", f"/organiser/{scene.app.store.organiser}",
    ):  # fmt: skip
        told = client.ask(path).headers
        for name, value in HEADERS.items():
            assert told[name.lower()] == value, path
        assert "server" not in told
        assert "last-modified" not in told
        assert "etag" not in told


def test_cookies_are_for_this_site_and_no_script(scene: Scene) -> None:
    fresh = next(one for one in scene.app.store.participants() if one.opened_at is None)
    cookie = scene.client().ask(f"/join/{fresh.invitation}").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_nothing_that_a_browser_receives_tells_a_condition(scene: Scene) -> None:
    fresh = next(one for one in scene.app.store.participants() if one.opened_at is None)
    client = scene.client()
    for path in ("/", "/app.js", "/about"):
        client.ask(path)
    client.take(scene.app.link(fresh.invitation), 1.0, [])
    received = b"\n".join(client.received).lower()
    assert len(received) > 100_000
    words = [*CONDITIONS, "walnut", UPPER, LOWER, "anchor", "attention", ".wav", "stimul",
             str(scene.test.folder), "repeat\""]  # fmt: skip
    for word in words:
        assert word.lower().encode() not in received, word
    for one in scene.test.stimuli.stimuli:
        assert one.token.encode() not in b"\n".join(client.received)


def test_the_audio_of_two_trials_differs_in_its_samples_alone(scene: Scene) -> None:
    client = scene.taker()
    replies = []
    for _ in range(3):
        state = hear(client)
        replies.append(client.ask(f"/sound/{state['sounds'][0]}"))
        assert client.ask("/answer", answer(state, 1)).status == 204
    assert len({reply.body for reply in replies}) == 3
    assert len({reply.body[:44] for reply in replies}) == 1
    assert len({len(reply.body) for reply in replies}) == 1
    plain = [
        {name: value for name, value in reply.headers.items() if name != "date"}
        for reply in replies
    ]
    assert plain[0] == plain[1] == plain[2]


def test_a_repeat_has_tokens_of_its_own(scene: Scene) -> None:
    order = scene.test.orders[0]
    again = next(at for at, trial in enumerate(order) if trial.kind == "repeat")
    before = next(
        at for at, one in enumerate(order) if one.stimuli == order[again].stimuli and at != again
    )
    rows = scene.app.store._database.execute(  # pyright: ignore[reportPrivateUsage]
        "select token from sounds where participant = 1 and position in (?, ?)", (again, before)
    ).fetchall()
    assert len(set(rows)) == 2


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-1", 0, 1),
        ("bytes=0-", 0, None),
        ("bytes=100-199", 100, 199),
        ("bytes=-10", -10, None),
        ("bytes=5-99999999", 5, None),
    ],
)
def test_ranges(scene: Scene, asked: str, first: int, last: int | None) -> None:
    client = scene.taker()
    path = f"/sound/{client.ask('/state').json()['sounds'][0]}"
    whole = client.ask(path).body
    part = client.ask(path, headers={"Range": asked})
    end = len(whole) if last is None else last + 1
    assert part.status == 206
    assert part.body == whole[first:end]
    begin = first % len(whole)
    assert part.headers["content-range"] == f"bytes {begin}-{end - 1}/{len(whole)}"


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=5-2", "bytes=-0"])
def test_ranges_that_are_not_there(scene: Scene, asked: str) -> None:
    client = scene.taker()
    path = f"/sound/{client.ask('/state').json()['sounds'][0]}"
    assert client.ask(path, headers={"Range": asked}).status == 416


@pytest.mark.parametrize("asked", ["bytes=a-b", "lines=0-1", "bytes=0-1,3-4", "bytes=-", "bytes"])
def test_ranges_that_mean_nothing_give_all(scene: Scene, asked: str) -> None:
    client = scene.taker()
    path = f"/sound/{client.ask('/state').json()['sounds'][0]}"
    assert client.ask(path, headers={"Range": asked}).status == 200


def test_a_sound_that_was_not_sent_whole_was_not_heard(scene: Scene) -> None:
    client = scene.taker()
    state = client.ask("/state").json()
    path = f"/sound/{state['sounds'][0]}"
    size = int(client.ask(path, method="HEAD").headers["content-length"])
    for asked in ("bytes=0-1", "bytes=-1", f"bytes={size - 1}-", f"bytes=0-{size - 3}"):
        client.ask(path, headers={"Range": asked})
    time.sleep(1)
    assert client.ask("/answer", answer(state, 1)).status == 409
    client.ask(path, headers={"Range": f"bytes={size - 4}-"})  # now there is no gap
    assert client.ask("/answer", answer(state, 1)).status == 409  # but no time has passed
    time.sleep(1)
    assert client.ask("/answer", answer(state, 1)).status == 204


def test_headers_alone_are_not_heard_and_open_nothing(scene: Scene) -> None:
    client = scene.taker()
    state = client.ask("/state").json()
    head = client.ask(f"/sound/{state['sounds'][0]}", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) > 16_000
    time.sleep(1)
    assert client.ask("/answer", answer(state, 1)).status == 409
    fresh = next(one for one in scene.app.store.participants() if one.opened_at is None)
    link = f"/join/{fresh.invitation}"
    assert scene.client().ask(link, method="HEAD").status == 405
    assert scene.app.store.participants()[fresh.number - 1].opened_at is None


@pytest.mark.parametrize("name", ["If-None-Match", "If-Modified-Since", "If-Range"])
def test_a_sound_is_sent_whole_whatever_a_browser_has(scene: Scene, name: str) -> None:
    client = scene.taker()
    path = f"/sound/{client.ask('/state').json()['sounds'][0]}"
    whole = client.ask(path)
    again = client.ask(path, headers={name: "*" if "Match" in name else whole.headers["date"]})
    assert (again.status, again.body) == (200, whole.body)


def test_who_goes_away_while_a_sound_is_sent_has_not_heard_it(
    corpus: Corpus, tmp_path: Path
) -> None:
    # Longer than what the system takes for a client that reads nothing.
    sources = make_clips(tmp_path / "clips", clips=1, seconds=60.0, rate_hz=48_000)
    settings = replace(SMALL, participants=1, clips=1, seconds=60, attention=0, repeats=0,
                       practice=0, anchors=0)  # fmt: skip
    test = ListeningTest.make(sources, tmp_path / "test", settings, quiet=True)
    with served(test) as app:
        client = Client(app.base_url)
        client.begin(app.link(app.store.participants()[0].invitation))
        (sound,) = client.ask("/state").json()["sounds"]
        for _ in range(2):
            with closing(socket.create_connection(("127.0.0.1", port_of(app)))) as raw:
                raw.sendall(f"GET /sound/{sound} HTTP/1.1\r\nHost: 127.0.0.1:{port_of(app)}\r\n"
                            f"Cookie: {client.cookie}\r\n\r\n".encode())  # fmt: skip
                assert raw.recv(12) == b"HTTP/1.1 200"
        assert client.ask("/state").status == 200
        assert sent_seconds(app, sound) is None
        client.ask(f"/sound/{sound}")
        assert sent_seconds(app, sound) is not None


def sent_seconds(app: ListeningApp, sound: str) -> float | None:
    database = app.store._database  # pyright: ignore[reportPrivateUsage]
    query = "select sent_seconds from sounds where token = ?"
    return database.execute(query, (sound,)).fetchone()[0]


def port_of(app: ListeningApp) -> int:
    return int(app.base_url.rpartition(":")[2])


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/sound/..%2f..%2fanswers.sqlite",
        "/sound/../answers.sqlite",
        "/sound/%2e%2e/test.json",
        "/stimuli",
        "/test.json",
        "/answers.sqlite",
        "/static/../test.json",
        "/organiser/forged",
        "/organiser/forged/answers.csv",
        "/join/%00",
        "/sound/%ff%fe",
    ],
)
def test_paths_lead_nowhere(scene: Scene, path: str) -> None:
    reply = scene.taker().ask(path)
    assert reply.status == 404
    assert b"sqlite" not in reply.body.lower()
    assert b"root:" not in reply.body


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
        told = scene.client().ask(path, headers={"Host": f"localhost:{port_of(scene.app)}"})
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
    told = {"Host": host.format(port=port_of(scene.app))}
    for path in ("/state", "/", f"/organiser/{scene.app.store.organiser}"):
        assert client.ask(path, headers=told).status == status, path


def test_a_page_of_another_site_is_refused_by_its_origin(scene: Scene) -> None:
    client, port = scene.taker(), port_of(scene.app)
    here = f"/organiser/{scene.app.store.organiser}"
    for origin in (
        "https://elsewhere.example", f"http://elsewhere.example:{port}", f"http://127.0.0.1:{port}.x",
        "http://127.0.0.1", f"http://user@127.0.0.1:{port}", f"ftp://127.0.0.1:{port}", "x", "",
    ):  # fmt: skip
        assert client.ask("/ready", {}, headers={"Origin": origin}).status == 403, origin
        refused = client.ask(f"{here}/end", method="POST", headers={"Origin": origin})
        assert refused.status == 403, origin
    assert scene.app.store.ended_at is None


def test_strangers_get_nothing(scene: Scene) -> None:
    state = scene.taker().ask("/state").json()
    for cookie in (None, "forged", "' or '1'='1"):
        client = Client(scene.app.base_url, cookie and f"{scene.app.cookie}={cookie}")
        assert client.ask("/state").status == 403
        assert client.ask(f"/sound/{state['sounds'][0]}").status == 403
        assert client.ask("/sound/check").status == 403
        assert client.ask("/answer", answer(state, 1)).status == 403


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"answer": 6}, 422),
        ({"answer": 0}, 422),
        ({"answer": "3"}, 422),
        ({"answer": 3.5}, 422),
        ({"answer": True}, 422),
        ({"answer": None}, 422),
        ({"answer": 10**30}, 422),
        ({"trial": "forged"}, 404),
        ({"trial": "' or 1=1 --"}, 404),
        ({"trial": "x" * 65}, 422),
        ({"plays": 0}, 409),
        ({"plays": -1}, 422),
        ({"heard_ms": 10}, 409),
        ({"extra": 1}, 422),
    ],
)
def test_bad_answers(scene: Scene, change: dict[str, Any], status: int) -> None:
    client = scene.taker()
    given = answer(hear(client), 1) | change
    before = scene.kept()
    assert client.ask("/answer", given).status == status
    assert scene.kept() == before


def test_an_unheard_clip_cannot_be_rated(scene: Scene) -> None:
    client = scene.taker()
    state, before = client.ask("/state").json(), scene.kept()
    assert client.ask("/answer", answer(state, 1)).status == 409
    assert scene.kept() == before


def test_another_participants_trial(scene: Scene) -> None:
    one, other = scene.taker(), scene.taker()
    state, before = hear(one), scene.kept()
    assert other.ask("/answer", answer(state, 1)).status == 404
    assert other.ask(f"/sound/{state['sounds'][0]}").status == 404
    assert scene.kept() == before


def test_replays(scene: Scene) -> None:
    client = scene.taker()
    given = answer(hear(client), 1)
    assert client.ask("/answer", given).status == 204
    before = scene.kept()
    assert client.ask("/answer", given).status == 204  # sent again after a lost connection
    assert client.ask("/answer", given | {"answer": 5}).status == 409
    assert scene.kept() == before


@pytest.mark.parametrize(
    ("raw", "headers", "status"),
    [
        (b"x" * (LARGEST_BODY_BYTES + 1), {}, 413),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b"{", {}, 422),
        (b"[" * 5000, {}, 422),
        (b"\xff\xfe", {}, 422),
        (b"{}", {"Origin": "https://elsewhere.example"}, 403),
        (b"{}", {"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
@pytest.mark.parametrize("path", ["/answer", "/ready"])
def test_bad_requests(
    scene: Scene, path: str, raw: bytes, headers: dict[str, str], status: int
) -> None:
    before = scene.kept()
    client = Client(scene.app.base_url, "forged")
    expected = 403 if path == "/ready" and raw == b"{}" and status not in {415, 403} else status
    assert client.ask(path, raw=raw, headers=headers).status == expected
    assert scene.kept() == before


def test_a_comment_is_text_and_nothing_else(corpus: Corpus, tmp_path: Path) -> None:
    test = make_test(tmp_path, corpus, participants=1, clips=1, practice=0, anchors=0,
                     repeats=0, attention=0)  # fmt: skip
    said = "<script>alert(1)</script>'); drop table answers; --"
    with served(test) as app:
        client = Client(app.base_url)
        client.begin(app.link(app.store.participants()[0].invitation))
        assert client.ask("/finish", {"comment": "too early"}).status == 409
        assert client.ask("/answer", answer(hear(client), 1)).status == 204
        assert client.ask("/finish", {"comment": "x" * 2001}).status == 422
        assert client.ask("/finish", {"comment": said}).status == 204
        assert app.store.participants()[0].comment == said
        assert len(app.store.answers()) == 1
        page = client.ask(f"/organiser/{app.store.organiser}").body.decode()
        assert "<script>" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_the_organiser_sees_no_answer_before_the_end(corpus: Corpus, tmp_path: Path) -> None:
    test = make_test(tmp_path, corpus, clips=2, practice=0, anchors=0, repeats=0, attention=0)
    with served(test) as app:
        taker, organiser = Client(app.base_url), Client(app.base_url)
        taker.take(app.link(app.store.participants()[0].invitation), 1.0, [])
        here = f"/organiser/{app.store.organiser}"
        page = organiser.ask(here).body.decode()
        assert "1 of 3 participants have finished; 2 of 6 answers" in page
        assert "This is a rehearsal" in page
        assert not any(name in page for name in CONDITIONS)
        for kind in ("csv", "json"):
            assert organiser.ask(f"{here}/answers.{kind}").status == 409
        ended = organiser.ask(f"{here}/end", method="POST")
        assert ended.status == 303
        assert app.store.organiser not in str(ended.headers)
        there = urljoin(f"{here}/end", ended.headers["location"])
        assert "The test has ended." in organiser.ask(there).body.decode()
        table = organiser.ask(f"{here}/answers.csv").body.decode()
        lines = table.strip().splitlines()
        assert len(lines) == 3
        assert all("rehearsal: not people's ratings" in line for line in lines[1:])
        told = organiser.ask(f"{here}/answers.json").json()
        assert told["rehearsal"] is True
        assert {one["data"] for one in told["answers"]} == {"rehearsal: not people's ratings"}
        assert organiser.ask(f"{here}/answers.xml").status == 404
        waiting = Client(app.base_url)
        waiting.begin(app.link(app.store.participants()[1].invitation))
        assert waiting.ask("/state").json()["step"] == "closed"


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


def test_a_range_of_endless_digits(scene: Scene) -> None:
    client = scene.taker()
    path = f"/sound/{client.ask('/state').json()['sounds'][0]}"
    assert client.ask(path, headers={"Range": f"bytes={'9' * 5000}-"}).status == 416


def test_peeking_is_for_those_who_asked(corpus: Corpus, tmp_path: Path) -> None:
    test = make_test(tmp_path, corpus, clips=1, practice=0, anchors=0, repeats=0, attention=0)
    with served(test, peek=True) as app:
        client = Client(app.base_url)
        reply = client.ask(f"/organiser/{app.store.organiser}/answers.csv")
        assert reply.status == 200
        assert "biases" in client.ask(f"/organiser/{app.store.organiser}").body.decode()


def test_what_is_served_is_the_sound_itself(scene: Scene, tmp_path: Path) -> None:
    client = scene.taker()
    sound = client.ask(f"/sound/{client.ask('/state').json()['sounds'][0]}").body
    (tmp_path / "sound.wav").write_bytes(sound)
    wave, rate_hz = soundfile.read(tmp_path / "sound.wav")
    assert rate_hz == scene.test.stimuli.rate_hz
    assert len(wave) == round(scene.test.stimuli.seconds * rate_hz)


def test_tokens_are_random_and_never_the_same(scene: Scene) -> None:
    database = scene.app.store._database  # pyright: ignore[reportPrivateUsage]
    tokens = [row[0] for row in database.execute("select token from sounds union all "
                                                 "select token from trials union all "
                                                 "select invitation from participants union all "
                                                 "select cookie from participants")]  # fmt: skip
    assert len(set(tokens)) == len(tokens)
    assert all(re.fullmatch(r"[\w-]{20,}", one) for one in tokens)
