"""Read the database of a test."""

import json
import sqlite3
from threading import RLock
from typing import Any

from reverie.listening.panel import TrialKind
from reverie.listening.store.records import Answer, Answered, Participant


class Reader:
    """Read the database of one test, from any number of threads.

    Args:
        database: of the test; the reader closes it.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._lock = RLock()
        self._database = database

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    @property
    def organiser(self) -> str:
        """The secret of the organiser's page."""
        return str(self._about("organiser"))

    @property
    def rehearsal(self) -> bool:
        """Whether this is a rehearsal, which is decided when the test is made."""
        return bool(json.loads(str(self._about("rehearsal"))))

    @property
    def ended_at(self) -> float | None:
        """When the organiser ended the test."""
        row = self._about("ended_at")
        return None if row is None else float(row)

    @property
    def about_sha256(self) -> str | None:
        """The digest of test.json when the test was made."""
        return self._about("about_sha256")

    def orders(self) -> dict[int, list[tuple[int, TrialKind, int | None, list[str]]]]:
        """Return every participant's trials in order: position, kind, right answer or None,
        stimuli."""
        with self._lock:
            rows = self._database.execute(
                "select participant, position, kind, expected, stimulus from trials join sounds "
                "using (participant, position) order by participant, position, place"
            ).fetchall()
        by_participant: dict[int, list[tuple[int, TrialKind, int | None, list[str]]]] = {}
        for participant, position, kind, expected, stimulus in rows:
            order = by_participant.setdefault(participant, [])
            if not order or order[-1][0] != position:
                order.append((position, kind, expected, []))
            order[-1][3].append(stimulus)
        return by_participant

    @property
    def has_ended(self) -> bool:
        """Whether the organiser has ended the test, or all participants have finished."""
        with self._lock:
            (left,) = self._database.execute(
                "select count(*) from participants where finished_at is null"
            ).fetchone()
        return self.ended_at is not None or left == 0

    def participants(self) -> list[Participant]:
        """Return every participant, whether they have begun or not."""
        with self._lock:
            rows = self._database.execute(
                "select id, invitation, opened_at, consented_at, finished_at, language, comment, "
                "(select count(*) from trials where participant = id), "
                "(select count(*) from answers where participant = id) "
                "from participants order by id"
            ).fetchall()
        return [Participant(*row) for row in rows]

    def answers(self) -> list[Answered]:
        """Return every answer, by participant, in the order of their trials."""
        with self._lock:
            heard: dict[tuple[int, int], list[str]] = {}
            for participant, position, stimulus in self._database.execute(
                "select participant, position, stimulus from sounds join answers "
                "using (participant, position) order by participant, position, place"
            ):
                heard.setdefault((participant, position), []).append(stimulus)
            rows = self._database.execute(
                "select participant, position, kind, expected, answer, plays, heard_ms, "
                "answer_ms, user_agent, given_at from answers join trials "
                "using (participant, position) order by participant, position"
            ).fetchall()
        return [
            Answered(key, where, kind, expected, tuple(heard[key, where]), Answer(*how), agent, at)
            for key, where, kind, expected, *how, agent, at in rows
        ]

    def _about(self, name: str) -> Any:
        with self._lock:
            row = self._database.execute(
                "select value from about where name = ?", (name,)
            ).fetchone()
        return None if row is None else row[0]
