"""Store everything that participants do in SQLite at once.

When a call returns, its data is on the disk, so a killed process loses nothing that was
acknowledged. An answer cannot be stored twice, because its trial is its key.
"""

import sqlite3
import time
from collections.abc import Callable
from typing import Any

from reverie.listening.panel import Mode
from reverie.listening.store.clock import Moment, now
from reverie.listening.store.database import checkpoint, writing
from reverie.listening.store.hearing import check_answer
from reverie.listening.store.reader import Reader
from reverie.listening.store.records import Answer, State
from reverie.listening.store.schema import LATEST
from reverie.web.refused import Refused


class Store(Reader):
    """The database of one test, for any number of threads.

    Times of day are stored for people to read only. They can be set, so `clock` measures how long a
    participant has had a sound.

    Args:
        database: of the test; the store closes it.
        mode: `rating` (answers 1 to 5) or `preference` (0 or 1).
        seconds: the length of every sound.
        clock: measures durations.
    """

    def __init__(
        self,
        database: sqlite3.Connection,
        mode: Mode,
        seconds: float,
        clock: Callable[[], Moment] = now,
    ) -> None:
        super().__init__(database)
        self._mode: Mode = mode
        self._seconds, self.now = seconds, clock

    def checkpoint(self) -> None:
        """Merge every answer into the database's main file, so that it can be copied."""
        with self._lock:
            checkpoint(self._database)

    def end(self) -> None:
        """End the test for good; no further answers are accepted."""
        with self._lock, writing(self._database):
            self._database.execute(
                "insert or ignore into about values ('ended_at', ?)", (f"{_time_of_day():.3f}",)
            )

    def admit(self, invitation: str) -> str:
        """Return the cookie of the participant with this invitation.

        Raises:
            Refused: there is none.
        """
        with self._lock, writing(self._database):
            row = self._database.execute(
                "update participants set opened_at = coalesce(opened_at, ?) "
                "where invitation = ? returning cookie",
                (_time_of_day(), invitation),
            ).fetchone()
        if row is None:
            raise Refused(404, "no such invitation")
        return row[0]

    def who(self, cookie: str | None) -> int:
        """Return the participant with this cookie.

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
        """Return the progress of `participant`."""
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
        """Record that `participant` agreed to take part."""
        self._note(
            participant,
            "consented_at = coalesce(consented_at, ?), language = ?, user_agent = ?",
            (_time_of_day(), language, user_agent),
        )

    def ready(self, participant: int) -> None:
        """Record that `participant` has set the volume.

        Raises:
            Refused: they have not agreed to take part.
        """
        if self.state(participant).step == "welcome":
            raise Refused(409, "consent comes first")
        self._note(participant, "ready_at = coalesce(ready_at, ?)", (_time_of_day(),))

    def stimulus(self, participant: int, sound: str) -> str:
        """Return the stimulus behind `sound`.

        Raises:
            Refused: it is not a sound of the current trial of `participant`.
        """
        if sound not in self.state(participant).sounds:
            raise Refused(404, "no such sound")
        with self._lock:
            row = self._database.execute(
                "select stimulus from sounds where token = ?", (sound,)
            ).fetchone()
        return row[0]

    def sent(self, sound: str, at: Moment | None = None) -> None:
        """Record that the last missing byte of `sound` was sent, now or at `at`.

        The first such moment counts, unless it was before a reboot: how long ago that was is
        unknown, so the sound must be sent and heard again.
        """
        at = self.now() if at is None else at
        with self._lock, writing(self._database):
            row = self._database.execute(
                "select sent_boot, sent_seconds from sounds where token = ?", (sound,)
            ).fetchone()
            if row is not None and at.since(_moment(*row)) is None:
                self._database.execute(
                    "update sounds set sent_boot = ?, sent_seconds = ? where token = ?",
                    (at.boot, at.seconds, sound),
                )

    def answer(self, participant: int, trial: str, answer: Answer, user_agent: str) -> None:
        """Store an answer; sending the same answer again changes nothing.

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
            rows = self._database.execute(
                "select sent_boot, sent_seconds from sounds where participant = ? and position = ?",
                (participant, position),
            ).fetchall()
            instant = self.now()
            sent_ago = [instant.since(_moment(*row)) for row in rows]
            check_answer(answer, self._mode, self._seconds, sent_ago)
            self._database.execute(
                "insert into answers values (?, ?, ?, ?, ?, ?, ?, ?)",
                (participant, position, answer.answer, answer.plays, answer.heard_ms,
                 answer.answer_ms, user_agent, _time_of_day()),
            )  # fmt: skip

    def finish(self, participant: int, comment: str) -> None:
        """Record that `participant` has finished.

        Raises:
            Refused: trials are left.
        """
        step = self.state(participant).step
        if step == "thanks":
            return
        if step != "comment":
            raise Refused(409, "trials are left")
        self._note(participant, "finished_at = ?, comment = ?", (_time_of_day(), comment))

    def _note(self, participant: int, assignments: str, values: tuple[Any, ...]) -> None:
        with self._lock, writing(self._database):
            self._database.execute(
                f"update participants set {assignments} where id = ?", (*values, participant)
            )


def _moment(boot: str | None, seconds: float | None) -> Moment | None:
    return None if boot is None or seconds is None else Moment(boot, seconds)


def _time_of_day() -> float:
    """Return seconds since 1970, at least 0 even if the clock is set to before that."""
    return min(max(time.time(), 1.0), LATEST)
