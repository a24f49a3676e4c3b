"""Requests of every kind, honest and not, against a real server."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from reverie.corpus.corpus import Corpus
from reverie.listening.design.stimuli import LOWER, UPPER
from reverie.web.bodies import LARGEST_JSON_BYTES
from reverie.web.guard import HEADERS
from tests.listening.making import CONDITIONS, make_test
from tests.listening.scene import Scene, hear
from tests.listening.serving import Client, answer, served


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
        (b"x" * (LARGEST_JSON_BYTES + 1), {}, 413),
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
    said = "<script>alert(1)</script>'); drop table answers; --\n\x1b[31m\x9b2J \u202egood"
    with served(test) as app:
        client = Client(app.base_url)
        client.begin(app.link(app.store.participants()[0].invitation))
        assert client.ask("/finish", {"comment": "too early"}).status == 409
        assert client.ask("/answer", answer(hear(client), 1)).status == 204
        assert client.ask("/finish", {"comment": "x" * 2001}).status == 422
        half = b'{"comment": "\\ud800"}'  # half a character
        assert client.ask("/finish", raw=half).status == 422
        assert client.ask("/finish", {"comment": said}).status == 204
        assert app.store.participants()[0].comment == said
        assert len(app.store.answers()) == 1
        here = f"/organiser/{app.store.organiser}"
        page = client.ask(here).body.decode()
        assert "<script>" not in page
        assert "&lt;script&gt;alert(1)" in page
        for shown in (page, client.ask(f"{here}/answers.json").body.decode()):
            assert "drop table answers; --" in shown
            assert not {"\x1b", "\x9b", "\u202e"} & set(shown)
            assert "31m" in shown


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


def test_participants_wait_while_nothing_can_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test = make_test(tmp_path, None, participants=1, anchors=0)
    with served(test) as app:
        client = Client(app.base_url)
        client.join(app.link(app.store.participants()[0].invitation))
        database = app.store._database  # pyright: ignore[reportPrivateUsage]
        database.execute("pragma query_only = on")
        for _ in range(3):
            reply = client.ask("/consent", {"language": "en"})
            assert reply.status == 503
            assert "refused" not in reply.json(), "the page would take it for an answer"
        database.execute("pragma query_only = off")
        assert client.ask("/consent", {"language": "en"}).status == 204
    (line,) = capsys.readouterr().err.splitlines()
    assert "participants wait" in line


def test_peeking_is_for_those_who_asked(corpus: Corpus, tmp_path: Path) -> None:
    test = make_test(tmp_path, corpus, clips=1, practice=0, anchors=0, repeats=0, attention=0)
    with served(test, peek=True) as app:
        client = Client(app.base_url)
        reply = client.ask(f"/organiser/{app.store.organiser}/answers.csv")
        assert reply.status == 200
        assert "biases" in client.ask(f"/organiser/{app.store.organiser}").body.decode()


def test_tokens_are_random_and_never_the_same(scene: Scene) -> None:
    database = scene.app.store._database  # pyright: ignore[reportPrivateUsage]
    tokens = [row[0] for row in database.execute("select token from sounds union all "
                                                 "select token from trials union all "
                                                 "select invitation from participants union all "
                                                 "select cookie from participants")]  # fmt: skip
    assert len(set(tokens)) == len(tokens)
    assert all(re.fullmatch(r"[\w-]{20,}", one) for one in tokens)


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
