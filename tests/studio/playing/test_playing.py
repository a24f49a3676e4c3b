"""Endless playing over real sockets, by a real player: paced, steered, kept, ended."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from reverie.audio.provenance import read_sidecar
from reverie.playing.pace import MOST_AHEAD_SECONDS
from reverie.studio.playing.sessions import MOST_SESSIONS
from tests.studio.playing.serving import (
    PATIENCE_SECONDS,
    Listener,
    Server,
    player_pids,
    studio_of,
)

STILL_SECONDS = 1.0
"""Long enough that what would come has come, on a machine that is not too busy."""


@pytest.fixture(autouse=True)
def ended(server: Server) -> Iterator[None]:
    """What a test began is ended, also where it failed."""
    yield
    while server.begun:
        server.ask("DELETE", f"/api/play/{server.begun.pop()}")


def test_it_is_never_more_than_half_a_second_ahead(server: Server) -> None:
    listener = Listener(server, server.begin())
    assert listener.status == 200
    heard = 0.0
    for _ in range(12):
        # What is said last holds: a listener that pauses has heard no more.
        listener.report(heard, plays=False)
        time.sleep(0.1)
        assert listener.end_seconds - heard <= MOST_AHEAD_SECONDS + 1e-6 or heard == 0.0
        listener.report(heard, plays=True)
        listener.wait(heard + 0.1)
        heard = listener.end_seconds
    listener.close()
    starts = [at for at, _, _ in listener.frames]
    ends = [at + seconds for at, seconds, _ in listener.frames]
    assert np.allclose(starts[1:], ends[:-1]), "no sample is missing"
    assert max(seconds for _, seconds, _ in listener.frames) <= 0.1 + 1e-9
    assert len(listener.pcm) == round(2 * 8000 * listener.end_seconds)


def test_who_says_nothing_is_sent_music_by_the_clock(server: Server) -> None:
    listener = Listener(server, server.begin())
    begun = time.monotonic()
    listener.wait(2.0)
    took = time.monotonic() - begun
    listener.wait(2.0 + took)
    assert listener.end_seconds <= time.monotonic() - begun + MOST_AHEAD_SECONDS + 1e-6
    listener.close()


def test_nothing_is_made_when_nobody_listens(server: Server) -> None:
    session = server.begin()
    listener = Listener(server, session)
    listener.wait(0.5)
    listener.report(0.1, plays=False)
    listener.close()
    (pid,) = player_pids(server)
    time.sleep(STILL_SECONDS)
    before = _cpu_ticks(pid)
    time.sleep(STILL_SECONDS)
    assert _cpu_ticks(pid) - before <= 5
    again = Listener(server, session)
    again.wait(1.0)
    assert again.frames[0][0] <= 0.5 + MOST_AHEAD_SECONDS
    again.close()


def _cpu_ticks(pid: int) -> int:
    words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return int(words[11]) + int(words[12])


def test_settings_count_within_half_a_second_of_music(server: Server) -> None:
    listener = Listener(server, server.begin())
    listener.wait(0.5)
    heard = listener.end_seconds - 0.1
    listener.report(heard, plays=False)
    time.sleep(0.2)
    changed = server.ask("POST", f"/api/play/{listener.session}", {"settings": {"top_k": 1}})
    assert changed.status == 200
    assert changed.value["settings"]["top_k"] == 1
    assert changed.value["at_seconds"] - heard <= 0.5
    listener.close()
    refused = server.ask("POST", f"/api/play/{listener.session}", {"settings": {"top_p": -1.0}})
    assert refused.status == 400
    assert "top_p" in refused.value["problem"]
    assert refused.value["remedy"]
    for wrong in ({"settings": {"prompt": "/etc/passwd"}}, {"settings": {"seconds": 1}}, {"x": 1}):
        assert server.ask("POST", f"/api/play/{listener.session}", wrong).status == 422


def test_it_goes_over_to_another_run_and_prompt_without_a_gap(server: Server) -> None:
    listener = Listener(server, server.begin())
    listener.wait(0.3)
    path = f"/api/play/{listener.session}"
    over = server.ask("POST", path, {"run": "frames", "settings": {"temperature": 0.5}})
    assert over.status == 200, over.value
    assert over.value["run"] == "frames"
    at = over.value["at_seconds"]
    listener.wait(at + 0.5)
    for change in ({"prompt": "training"}, {"reset": True}, {"prompt": "nothing"}):
        told = server.ask("POST", path, change)
        assert told.status == 200, told.value
        assert told.value["settings"]["prompt"] == change.get("prompt", "training")
        listener.wait(told.value["at_seconds"] + 0.3)
    gone = server.ask("POST", path, {"run": "corpus"})
    assert gone.status == 400
    before = listener.end_seconds
    listener.wait(before + 0.5)
    listener.close()
    ends = [at + seconds for at, seconds, _ in listener.frames]
    assert np.allclose([one[0] for one in listener.frames][1:], ends[:-1])


def test_what_was_heard_is_kept_with_all_that_made_it(server: Server, home: Path) -> None:
    listener = Listener(server, server.begin(temperature=0.9))
    path = f"/api/play/{listener.session}"
    listener.wait(1.0)
    changed = server.ask("POST", path, {"settings": {"temperature": 0.5}})
    listener.wait(changed.value["at_seconds"] + 1.0)
    heard = listener.end_seconds - 0.2
    listener.report(heard, plays=False)
    kept = server.ask("POST", f"{path}/keep", {"seconds": 30})
    assert kept.status == 201, kept.value
    assert kept.value["path"].startswith("run/clips/played/")
    sound = home / kept.value["path"]
    samples, rate_hz = soundfile.read(sound, dtype="int16")
    assert rate_hz == 8000
    assert len(samples) == pytest.approx(heard * 8000, abs=1)
    assert samples.tobytes() == bytes(listener.pcm[: 2 * len(samples)])
    assert sound.with_suffix(".png").stat().st_size > 100
    made = read_sidecar(sound).provenance
    assert made is not None
    assert made.settings["temperature"] == 0.9
    assert made.settings["seed"] == 1
    assert made.prompt.recording
    assert made.excerpt is not None
    assert made.excerpt.begins_seconds == 0.0
    (change,) = made.excerpt.changes
    assert change.settings == {"temperature": 0.5}
    assert change.at_seconds == pytest.approx(changed.value["at_seconds"])
    assert server.ask("POST", f"{path}/keep", {"seconds": 500}).status == 422
    listener.close()


def test_of_many_that_are_asked_for_the_last_few_play(server: Server) -> None:
    many = 2 * MOST_SESSIONS + 1
    replies = [server.ask("POST", "/api/play", {"run": "run"}) for _ in range(many)]
    assert {reply.status for reply in replies} == {201}, "who is silent makes room"
    begun = [reply.value["session"] for reply in replies]
    gone, alive = begun[:-MOST_SESSIONS], begun[-MOST_SESSIONS:]
    assert {server.ask("GET", f"/api/play/{one}").status for one in gone} == {404}
    assert len(player_pids(server)) == MOST_SESSIONS
    listeners = [Listener(server, server.ready(one)) for one in alive]
    for listener in listeners:
        listener.wait(0.1)
    refused = server.ask("POST", "/api/play", {"run": "run"})
    assert refused.status == 503, "all sound"
    assert "players" in refused.value["problem"]
    assert refused.value["remedy"]
    assert len(player_pids(server)) == MOST_SESSIONS
    assert listeners[0].report(0.1, plays=False).status == 200
    server.begin()
    assert server.ask("GET", f"/api/play/{alive[0]}").status == 404, "it was paused"
    for listener in listeners:
        listener.close()
    for session in server.begun:
        assert server.ask("DELETE", f"/api/play/{session}").status == 200
    assert not player_pids(server)


def test_a_player_that_is_killed_is_said_so_and_can_be_begun_again(server: Server) -> None:
    session = server.begin()
    listener = Listener(server, session)
    listener.wait(0.2)
    (pid,) = player_pids(server)
    os.kill(pid, signal.SIGKILL)
    _until(lambda: listener.is_over)
    listener.close()
    assert "signal 9" in listener.notes[-1]["problem"]
    told = server.ask("GET", f"/api/play/{session}")
    assert told.status == 410
    assert told.value["remedy"]
    assert server.ask("POST", f"/api/play/{session}/keep", {"seconds": 5}).status == 410
    server.ask("DELETE", f"/api/play/{server.begin()}")
    assert server.ask("GET", "/api/play/none").status == 404


def test_what_cannot_be_played_is_said_so(server: Server) -> None:
    assert server.ask("POST", "/api/play", {"run": "../elsewhere"}).status == 403
    assert server.ask("POST", "/api/play", {"run": "none"}).status == 404
    told = {"run": "run", "prompt": "../../etc/passwd"}
    assert server.ask("POST", "/api/play", told).status == 403
    wanted = {"run": "run", "checkpoint": "epoch-99999", "settings": {"beat": False, "bpm": 90.5}}
    begun = server.ask("POST", "/api/play", wanted)
    assert begun.value["line"] == (
        "reverie generate run --checkpoint epoch-99999 --prompt held-out --seconds 60 --count 1 "
        "--no-beat --bpm 90.5"
    )
    path = f"/api/play/{begun.value['session']}"
    _until(lambda: server.ask("GET", path).status != 200)
    told = server.ask("GET", path)
    assert told.status == 410
    assert "epoch-99999" in told.value["problem"]


def test_who_fetches_nothing_leaves_the_server_as_small_as_it_was(server: Server) -> None:
    session = server.begin()
    before = server.memory()
    listener = Listener(server, session)
    listener.wait(0.2)
    slow = server.connect()
    slow.request("GET", f"/api/play/{session}/pcm")  # takes the place, and reads nothing
    _until(lambda: listener.is_over)
    listener.close()
    for _ in range(20):
        server.ask("POST", f"/api/play/{session}/heard", {"seconds": 1e6, "plays": True})
        time.sleep(0.05)
    assert server.memory() - before < 8 << 20
    slow.close()


def test_players_end_with_the_server(home: Path, tmp_path: Path) -> None:
    with studio_of(tmp_path / "home") as served:
        added = served.ask("POST", "/api/folders", {"path": str(home)})
        assert added.status == 200, added.value
        assert served.begin(str(home / "run"))
        (pid,) = player_pids(served)
        os.kill(served.pid, signal.SIGKILL)
        _until(lambda: not _is_live(pid))


def _is_live(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    except OSError:
        return False
    return status[0] != "Z"


def _until(happened: object) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    assert callable(happened)
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)
