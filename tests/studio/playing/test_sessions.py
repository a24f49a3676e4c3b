"""The players of a studio, in this process's loop."""

import asyncio
from pathlib import Path

import pytest

from reverie.studio.playing.sessions import MOST_ENDED, Sessions
from reverie.studio.problems import Problem
from tests.loop import run
from tests.studio.playing.serving import PATIENCE_SECONDS


def asked(run: Path) -> dict[str, object]:
    return {"run": str(run), "prompt": "held-out", "settings": {"seed": 1}}


def test_a_player_that_nobody_wants_is_ended(home: Path) -> None:
    async def play() -> None:
        sessions = Sessions(idle_seconds=1.0)
        session = await sessions.begin(asked(home / "run"))
        while not session.is_ready:
            session.sign()
            await asyncio.sleep(0.1)
        for _ in range(15):
            session.sign()
            await asyncio.sleep(0.2)
            assert sessions.get(session.name) is session, "somebody wants it"
        async with asyncio.timeout(PATIENCE_SECONDS):
            while sessions.alive:
                await asyncio.sleep(0.1)
        with pytest.raises(Problem) as refused:
            sessions.get(session.name)
        assert refused.value.status == 404
        await sessions.close()

    run(play())


def test_of_players_that_failed_only_some_are_remembered(tmp_path: Path) -> None:
    async def play() -> None:
        sessions = Sessions(most=1)
        for _ in range(2):
            session = await sessions.begin(asked(tmp_path / "none"))
            with pytest.raises(Problem, match="none"):
                await session.ready()
            with pytest.raises(Problem, match="none") as refused:
                sessions.get(session.name)
            assert refused.value.status == 410
        assert not sessions.alive
        assert MOST_ENDED >= 2
        await sessions.close()

    run(play())


def test_who_is_being_ended_is_ended_before_all_is_closed(tmp_path: Path) -> None:
    async def play() -> None:
        sessions = Sessions()
        session = await sessions.begin(asked(tmp_path / "none"))
        first = asyncio.create_task(sessions.end(session.name))
        await asyncio.sleep(0)
        first.cancel()
        await sessions.close()
        assert session.returncode is not None

    run(play())
