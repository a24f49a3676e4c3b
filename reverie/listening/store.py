"""Everything that participants do, kept in SQLite the moment they do it.

A call that returns has been written to disk; a process that is killed in between loses nothing
that was acknowledged, and an answer cannot be there twice: its trial is its key.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Any

from reverie.listening.database import open_database, writing
from reverie.listening.heard import check_answer
from reverie.listening.panel import Mode, TrialKind
from reverie.listening.records import Answer, Answered, Participant, Refused, State


class Store:
    """The database of one test; it may be used by many threads.

    Args:
        path: the database.
        mode: `rating` (answers 1 to 5) or `preference` (0 or 1).
        seconds: the length of every sound.
        clock: seconds since 1970.

    Raises:
        ReverieError: it is missing or damaged.
    """

    def __init__(
        self, path: Path, mode: Mode, seconds: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._mode: Mode = mode
        self._seconds, self._clock = seconds, clock
        self._lock = RLock()
        self._database = open_database(path)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    # Of the whole test.

    @property
    def organiser(self) -> str:
        """The secret of the organiser's page."""
        return str(self._about("organiser"))

    @property
    def rehearsal(self) -> bool:
        """Whether this is no real test; decided once, when the test is made."""
        return bool(json.loads(str(self._about("rehearsal"))))

    @property
    def ended_at(self) -> float | None:
        """When the organiser ended the test."""
        found = self._about("ended_at")
        return None if found is None else float(found)

    def orders(self) -> list[list[tuple[TrialKind, int | None, list[str]]]]:
        """Every participant's trials in order: kind, right answer if there is one, stimuli."""
        with self._lock:
            rows = self._database.execute(
                "select participant, position, kind, expected, stimulus from trials join sounds "
                "using (participant, position) order by participant, position, place"
            ).fetchall()
        found: list[list[tuple[TrialKind, int | None, list[str]]]] = []
        for participant, position, kind, expected, stimulus in rows:
            if participant > len(found):
                found.append([])
            if position == len(found[-1]):
                found[-1].append((kind, expected, []))
            found[-1][-1][2].append(stimulus)
        return found

    @property
    def has_ended(self) -> bool:
        """Whether the organiser has ended the test, or all participants have finished."""
        with self._lock:
            (left,) = self._database.execute(
                "select count(*) from participants where finished_at is null"
            ).fetchone()
        return self.ended_at is not None or left == 0

    def end(self) -> None:
        """End the test: nothing more is taken. It cannot be undone."""
        with self._lock, writing(self._database):
            self._database.execute(
                "insert or ignore into about values ('ended_at', ?)", (str(self._clock()),)
            )

    def participants(self) -> list[Participant]:
        """Every place, taken or not."""
        with self._lock:
            rows = self._database.execute(
                "select id, invitation, opened_at, consented_at, finished_at, language, comment, "
                "(select count(*) from trials where participant = id), "
                "(select count(*) from answers where participant = id) "
                "from participants order by id"
            ).fetchall()
        return [Participant(*row) for row in rows]

    def answers(self) -> list[Answered]:
        """Every answer, in the order in which they were given."""
        with self._lock:
            heard: dict[tuple[int, int], list[str]] = {}
            for participant, position, stimulus in self._database.execute(
                "select participant, position, stimulus from sounds order by 1, 2, place"
            ):
                heard.setdefault((participant, position), []).append(stimulus)
            rows = self._database.execute(
                "select participant, position, kind, expected, answer, plays, heard_ms, "
                "answer_ms, user_agent, given_at from answers join trials "
                "using (participant, position) order by given_at, participant, position"
            ).fetchall()
        return [
            Answered(who, where, kind, expected, tuple(heard[who, where]), Answer(*how), agent, at)
            for who, where, kind, expected, *how, agent, at in rows
        ]

    # Of one participant.

    def admit(self, invitation: str) -> str:
        """The cookie of the participant with this invitation.

        Raises:
            Refused: there is none.
        """
        with self._lock, writing(self._database):
            row = self._database.execute(
                "update participants set opened_at = coalesce(opened_at, ?) "
                "where invitation = ? returning cookie",
                (self._clock(), invitation),
            ).fetchone()
        if row is None:
            raise Refused(404, "no such invitation")
        return row[0]

    def who(self, cookie: str | None) -> int:
        """The participant with this cookie.

        Raises:
            Refused: there is none.
        """
        with self._lock:
            row = self._database.execute(
                "select id from participants where cookie = ?", (cookie,)
            ).fetchone()
        if row is None:
            raise Refused(403, "open your invitation first")
        return row[0]

    def state(self, participant: int) -> State:
        """Where `participant` is now."""
        with self._lock:
            consented, ready, finished = self._database.execute(
                "select consented_at, ready_at, finished_at from participants where id = ?",
                (participant,),
            ).fetchone()
            if finished is not None:
                return State("thanks")
            if self.ended_at is not None:
                return State("closed")
            if consented is None:
                return State("welcome")
            if ready is None:
                return State("setup")
            total, practice = self._database.execute(
                "select count(*), sum(kind = 'practice') from trials where participant = ?",
                (participant,),
            ).fetchone()
            row = self._database.execute(
                "select position, token from trials left join answers "
                "using (participant, position) where participant = ? and answer is null "
                "order by position limit 1",
                (participant,),
            ).fetchone()
            if row is None:
                return State("comment")
            sounds = self._database.execute(
                "select token from sounds where participant = ? and position = ? order by place",
                (participant, row[0]),
            ).fetchall()
        return State(
            "trial", row[0] + 1, total, practice, row[1], tuple(token for (token,) in sounds)
        )

    def consent(self, participant: int, language: str, user_agent: str) -> None:
        """Note that `participant` agreed to take part."""
        self._note(
            participant,
            "consented_at = coalesce(consented_at, ?), language = ?, user_agent = ?",
            (self._clock(), language, user_agent),
        )

    def ready(self, participant: int) -> None:
        """Note that `participant` has set the volume.

        Raises:
            Refused: they have not agreed to take part.
        """
        if self.state(participant).step == "welcome":
            raise Refused(409, "consent comes first")
        self._note(participant, "ready_at = coalesce(ready_at, ?)", (self._clock(),))

    def ask(self, participant: int, sound: str) -> str:
        """The stimulus behind `sound`, noting that it was asked for.

        Raises:
            Refused: it is not a sound of the trial that `participant` is at.
        """
        state = self.state(participant)
        if sound not in state.sounds:
            raise Refused(404, "no such sound")
        with self._lock, writing(self._database):
            row = self._database.execute(
                "update sounds set asked_at = coalesce(asked_at, ?) where token = ? "
                "returning stimulus",
                (self._clock(), sound),
            ).fetchone()
        return row[0]

    def sent(self, sound: str) -> None:
        """Note that the last byte of `sound` was asked for."""
        with self._lock, writing(self._database):
            self._database.execute(
                "update sounds set sent_at = coalesce(sent_at, ?) where token = ?",
                (self._clock(), sound),
            )

    def answer(self, participant: int, trial: str, answer: Answer, user_agent: str) -> None:
        """Keep an answer. The same answer again changes nothing, so that it can be sent again.

        Raises:
            Refused: the trial is not this participant's, is not their turn, has another answer,
                or was not heard.
        """
        with self._lock, writing(self._database):
            row = self._database.execute(
                "select position, answer from trials left join answers "
                "using (participant, position) where participant = ? and token = ?",
                (participant, trial),
            ).fetchone()
            if row is None:
                raise Refused(404, "no such trial")
            position, before = row
            if before is not None:
                if before != answer.answer:
                    raise Refused(409, "answered already")
                return
            state = self.state(participant)
            if state.token != trial:
                raise Refused(409, "not this trial's turn")
            asked_at, sent = self._database.execute(
                "select max(asked_at), count(sent_at) from sounds "
                "where participant = ? and position = ?",
                (participant, position),
            ).fetchone()
            elapsed = 0.0 if asked_at is None else self._clock() - asked_at
            check_answer(answer, self._mode, self._seconds, len(state.sounds), sent, elapsed)
            self._database.execute(
                "insert into answers values (?, ?, ?, ?, ?, ?, ?, ?)",
                (participant, position, answer.answer, answer.plays, answer.heard_ms,
                 answer.answer_ms, user_agent, self._clock()),
            )  # fmt: skip

    def finish(self, participant: int, comment: str) -> None:
        """Note that `participant` is done.

        Raises:
            Refused: trials are left.
        """
        step = self.state(participant).step
        if step == "thanks":
            return
        if step != "comment":
            raise Refused(409, "trials are left")
        self._note(participant, "finished_at = ?, comment = ?", (self._clock(), comment))

    def _note(self, participant: int, assignments: str, values: tuple[Any, ...]) -> None:
        with self._lock, writing(self._database):
            self._database.execute(
                f"update participants set {assignments} where id = ?", (*values, participant)
            )

    def _about(self, name: str) -> Any:
        with self._lock:
            row = self._database.execute(
                "select value from about where name = ?", (name,)
            ).fetchone()
        return None if row is None else row[0]
