"""Everything that participants do, kept in SQLite the moment they do it.

A call that returns has been written to disk; a process that is killed in between loses nothing
that was acknowledged, and an answer cannot be there twice: its trial is its key.
"""

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any, Literal

from reverie.errors import ReverieError
from reverie.listening.design import Order
from reverie.listening.panel import TrialKind

HEARD_SHARE = 0.9
"""So much of a clip's length must have passed before it can be rated: timers are not exact."""

Step = Literal["welcome", "setup", "trial", "comment", "thanks", "closed"]

_TABLES = """
create table about (name text primary key, value text not null) without rowid;
create table participants (
    id integer primary key,
    invitation text not null unique,
    cookie text not null unique,
    opened_at real, consented_at real, ready_at real, finished_at real,
    language text, user_agent text, comment text
);
create table trials (
    participant integer not null references participants,
    position integer not null,
    token text not null unique,
    kind text not null,
    expected integer,
    primary key (participant, position)
) without rowid;
create table sounds (
    token text primary key,
    participant integer not null,
    position integer not null,
    place integer not null,
    stimulus text not null,
    asked_at real,
    sent_at real,
    foreign key (participant, position) references trials,
    unique (participant, position, place)
) without rowid;
create table answers (
    participant integer not null,
    position integer not null,
    answer integer not null,
    plays integer not null,
    heard_ms integer not null,
    answer_ms integer not null,
    user_agent text not null,
    given_at real not null,
    primary key (participant, position),
    foreign key (participant, position) references trials
) without rowid;
"""


class Refused(Exception):  # noqa: N818
    """A request that is not granted.

    Args:
        status: of HTTP.
        reason: for a program; it names nothing of the test.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Answer:
    """What a participant answered to a trial, and how."""

    answer: int
    """A score, or 0 or 1 for the first or the second of a pair."""
    plays: int
    heard_ms: int
    answer_ms: int
    """From the end of the first hearing to the answer."""


@dataclass(frozen=True)
class State:
    """Where a participant is."""

    step: Step
    number: int = 0
    """The trial's, from 1."""
    trials: int = 0
    practice: int = 0
    """How many of the trials are practice."""
    token: str = ""
    sounds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answered:
    """An answered trial."""

    participant: int
    position: int
    kind: TrialKind
    expected: int | None
    stimuli: tuple[str, ...]
    answer: Answer
    user_agent: str
    given_at: float


@dataclass(frozen=True)
class Participant:
    """One place in the test."""

    number: int
    """From 1."""
    invitation: str
    opened_at: float | None
    consented_at: float | None
    finished_at: float | None
    language: str | None
    user_agent: str | None
    comment: str | None
    trials: int
    answered: int


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
        self, path: Path, mode: str, seconds: float, clock: Callable[[], float] = time.time
    ) -> None:
        if not path.is_file():
            raise ReverieError(f"{path} is missing.", "Make the test again.")
        self._mode, self._seconds, self._clock = mode, seconds, clock
        self._lock = RLock()
        self._database = _connect(path)
        try:
            found: list[str] = [row[0] for row in self._database.execute("pragma quick_check")]
        except sqlite3.DatabaseError as error:
            found = [str(error)]
        if found != ["ok"]:
            raise ReverieError(
                f"{path} is damaged ({found[0]}).",
                "Restore it from a copy; nothing was changed.",
            )

    @staticmethod
    def create(path: Path, orders: Sequence[Order], *, rehearsal: bool) -> None:
        """Make the database of a new test, with secret links and tokens for every participant."""
        database = _connect(path)
        with _writing(database):
            for statement in _TABLES.split(";"):
                database.execute(statement)
            about = {"rehearsal": json.dumps(rehearsal), "organiser": secrets.token_urlsafe(24)}
            database.executemany("insert into about values (?, ?)", about.items())
            for number, order in enumerate(orders, 1):
                database.execute(
                    "insert into participants (id, invitation, cookie) values (?, ?, ?)",
                    (number, secrets.token_urlsafe(16), secrets.token_urlsafe(24)),
                )
                for position, trial in enumerate(order):
                    database.execute(
                        "insert into trials values (?, ?, ?, ?, ?)",
                        (number, position, secrets.token_urlsafe(16), trial.kind, trial.expected),
                    )
                    database.executemany(
                        "insert into sounds (token, participant, position, place, stimulus) "
                        "values (?, ?, ?, ?, ?)",
                        [
                            (secrets.token_urlsafe(16), number, position, place, one.token)
                            for place, one in enumerate(trial.stimuli)
                        ],
                    )
        database.close()
        path.chmod(0o600)

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
        people = self.participants()
        return self.ended_at is not None or all(one.finished_at is not None for one in people)

    def end(self) -> None:
        """End the test: nothing more is taken. It cannot be undone."""
        with self._lock, _writing(self._database):
            self._database.execute(
                "insert or ignore into about values ('ended_at', ?)", (str(self._clock()),)
            )

    def participants(self) -> list[Participant]:
        """Every place, taken or not."""
        with self._lock:
            rows = self._database.execute(
                "select id, invitation, opened_at, consented_at, finished_at, language, "
                "user_agent, comment, "
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
        with self._lock, _writing(self._database):
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
        with self._lock, _writing(self._database):
            row = self._database.execute(
                "update sounds set asked_at = coalesce(asked_at, ?) where token = ? "
                "returning stimulus",
                (self._clock(), sound),
            ).fetchone()
        return row[0]

    def sent(self, sound: str) -> None:
        """Note that the last byte of `sound` was asked for."""
        with self._lock, _writing(self._database):
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
        with self._lock, _writing(self._database):
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
            self._check(participant, position, answer, len(state.sounds))
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

    def _check(self, participant: int, position: int, answer: Answer, sounds: int) -> None:
        allowed = range(1, 6) if self._mode == "rating" else range(2)
        if answer.answer not in allowed:
            raise Refused(422, "no such answer")
        begun = self._database.execute(
            "select max(asked_at), count(sent_at) from sounds "
            "where participant = ? and position = ?",
            (participant, position),
        ).fetchone()
        least = HEARD_SHARE * self._seconds
        heard = begun[1] == sounds and self._clock() - begun[0] >= least * sounds
        if not heard or answer.plays < sounds or answer.heard_ms < 1000 * least * sounds:
            raise Refused(409, "hear it to its end first")

    def _note(self, participant: int, assignments: str, values: tuple[Any, ...]) -> None:
        with self._lock, _writing(self._database):
            self._database.execute(
                f"update participants set {assignments} where id = ?", (*values, participant)
            )

    def _about(self, name: str) -> Any:
        with self._lock:
            row = self._database.execute(
                "select value from about where name = ?", (name,)
            ).fetchone()
        return None if row is None else row[0]


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
    try:
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = full")
        database.execute("pragma foreign_keys = on")
    except sqlite3.DatabaseError as error:
        database.close()
        raise ReverieError(
            f"{path} is damaged ({error}).", "Restore it from a copy; nothing was changed."
        ) from error
    return database


@contextmanager
def _writing(database: sqlite3.Connection) -> Generator[None]:
    """All of it or nothing, on disk when it ends."""
    database.execute("begin immediate")
    try:
        yield
    except BaseException:
        database.execute("rollback")
        raise
    database.execute("commit")
