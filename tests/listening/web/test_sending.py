"""What of a sound is sent, and when it counts as heard."""

import socket
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from reverie.listening.folder import ListeningTest
from reverie.listening.web.app import ListeningApp
from tests.listening.making import SMALL, make_clips
from tests.listening.scene import Scene, hear
from tests.listening.serving import Client, answer, served


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


def test_who_goes_away_while_a_sound_is_sent_has_not_heard_it(tmp_path: Path) -> None:
    # Longer than what the system takes for a client that reads nothing.
    sources = make_clips(tmp_path / "clips", clips=1, seconds=60.0, rate_hz=48_000)
    settings = replace(SMALL, participants=1, clips=1, seconds=60, attention=0, repeats=0,
                       practice=0, anchors=0)  # fmt: skip
    test = ListeningTest.make(sources, tmp_path / "test", settings, quiet=True)
    with served(test) as app:
        client = Client(app.base_url)
        client.begin(app.link(app.store.participants()[0].invitation))
        port = int(app.base_url.rpartition(":")[2])
        (sound,) = client.ask("/state").json()["sounds"]
        for _ in range(2):
            with closing(socket.create_connection(("127.0.0.1", port))) as raw:
                raw.sendall(f"GET /sound/{sound} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                            f"Cookie: {client.cookie}\r\n\r\n".encode())  # fmt: skip
                assert raw.recv(12) == b"HTTP/1.1 200"
        assert client.ask("/state").status == 200
        assert sent_seconds(app, sound) is None
        client.ask(f"/sound/{sound}")
        assert sent_seconds(app, sound) is not None


def test_a_range_of_endless_digits(scene: Scene) -> None:
    client = scene.taker()
    path = f"/sound/{client.ask('/state').json()['sounds'][0]}"
    assert client.ask(path, headers={"Range": f"bytes={'9' * 5000}-"}).status == 416


def test_what_is_served_is_the_sound_itself(scene: Scene, tmp_path: Path) -> None:
    client = scene.taker()
    sound = client.ask(f"/sound/{client.ask('/state').json()['sounds'][0]}").body
    (tmp_path / "sound.wav").write_bytes(sound)
    wave, rate_hz = soundfile.read(tmp_path / "sound.wav")
    assert rate_hz == scene.test.stimuli.rate_hz
    assert len(wave) == round(scene.test.stimuli.seconds * rate_hz)


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


def sent_seconds(app: ListeningApp, sound: str) -> float | None:
    database = app.store._database  # pyright: ignore[reportPrivateUsage]
    query = "select sent_seconds from sounds where token = ?"
    return database.execute(query, (sound,)).fetchone()[0]
