"""The SQLite database of a test: its tables, and how it is written."""

import json
import secrets
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from reverie.errors import ReverieError
from reverie.listening.design import Order

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


def create_database(path: Path, orders: Sequence[Order], *, rehearsal: bool) -> None:
    """Make the database of a new test, with secret links and tokens for every participant."""
    database = _connect(path)
    with writing(database):
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


def open_database(path: Path) -> sqlite3.Connection:
    """Open the database of a test, for any thread.

    Raises:
        ReverieError: it is missing or damaged.
    """
    if not path.is_file():
        raise ReverieError(f"{path} is missing.", "Make the test again.")
    database = _connect(path)
    try:
        found: list[str] = [row[0] for row in database.execute("pragma quick_check")]
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    if found != ["ok"]:
        raise _damaged(path, found[0])
    return database


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
    try:
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = full")
        database.execute("pragma foreign_keys = on")
    except sqlite3.DatabaseError as error:
        database.close()
        raise _damaged(path, error) from error
    return database


def _damaged(path: Path, why: object) -> ReverieError:
    return ReverieError(
        f"{path} is damaged ({why}).", "Restore it from a copy; nothing was changed."
    )


@contextmanager
def writing(database: sqlite3.Connection) -> Generator[None]:
    """All of it or nothing, on disk when it ends."""
    database.execute("begin immediate")
    try:
        yield
    except BaseException:
        database.execute("rollback")
        raise
    database.execute("commit")
