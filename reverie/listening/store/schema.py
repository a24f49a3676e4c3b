"""The tables of a test's database, and a check of a database's tables, types and values."""

import sqlite3
from contextlib import closing

TABLES = """
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
    sent_boot text,
    sent_seconds real,
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

LATEST = 253402300799.0
"""The latest valid time: the last second of the year 9999."""

_SECRETS = {
    "participants": ("invitation", "cookie"),
    "trials": ("token",),
    "sounds": ("token", "stimulus"),
}
"""Columns whose values occur in links, cookies and file names."""

_RULES = {
    "an answer to a trial that is none": "select 1 from answers left join trials "
    "using (participant, position) where kind is null",
    "a trial of nobody": "select 1 from trials where participant not in "
    "(select id from participants)",
    "a sound of no trial": "select 1 from sounds left join trials "
    "using (participant, position) where kind is null",
    "a kind of trial that there is not": "select 1 from trials where kind not in "
    "('practice', 'test', 'anchor', 'repeat', 'attention') "
    "or (kind = 'attention') <> (expected is not null)",
    "rehearsal, neither true nor false": "select 1 where coalesce((select value from about "
    "where name = 'rehearsal'), '') not in ('true', 'false')",
    "no secret of the organiser": "select 1 where coalesce((select value from about "
    "where name = 'organiser' and length(value) >= 16 "
    "and value not glob '*[^A-Za-z0-9_-]*'), '') = ''",
    "an end that is no time": "select 1 from about where name = 'ended_at' and "
    f"(value glob '*[^0-9.]*' or not cast(value as real) between 1 and {LATEST})",
}
"""Contradictions in a database, and the queries that find them."""


class Damaged(Exception):  # noqa: N818
    """The fault of a database, as a noun phrase."""


def check(database: sqlite3.Connection) -> None:
    """Refuse a file that is not the complete database of a test.

    Raises:
        Damaged: its content is not that of a test.
        sqlite3.Error: it cannot be read.
    """
    wrong: list[str] = [row[0] for row in database.execute("pragma integrity_check(1)")]
    if wrong != ["ok"]:
        raise Damaged(str(wrong[0]).splitlines()[0] if wrong else "nothing in it")
    with closing(sqlite3.connect(":memory:")) as fresh:
        fresh.executescript(TABLES)
        expected = _tables(fresh)
    tables = _tables(database)
    for name in sorted(expected.keys() | tables.keys()):
        if name not in tables:
            raise Damaged(f"no table {name}: it is another program's")
        if name not in expected:
            raise Damaged(f"{name!a}, which no test has: it is another program's")
        if tables[name] != expected[name]:
            raise Damaged(f"other columns of {name}: another version's or another program's")
    for name, columns in expected.items():
        wrongs = _wrongs(name, columns)
        counted = ", ".join(f"max({condition})" for condition in wrongs.values())
        held = database.execute(f"select {counted} from {name}").fetchone()
        for fault, is_so in zip(wrongs, held, strict=True):
            if is_so:
                raise Damaged(fault)
        for _ in database.execute(f"select * from {name}"):  # reading it finds invalid text
            pass
    for fault, query in _RULES.items():
        if _any(database, query):
            raise Damaged(fault)


def _tables(database: sqlite3.Connection) -> dict[str, list[tuple[str, str, int, int]]]:
    """Return the columns' names, types and constraints of each table or other object."""
    names: list[str] = [
        row[0]
        for row in database.execute(
            "select name from sqlite_master where name not like 'sqlite\\_%' escape '\\'"
        )
    ]
    return {
        name: [
            (column, kind, required, key)
            for _, column, kind, required, _, key in database.execute(
                "select * from pragma_table_info(?)", (name,)
            )
        ]
        for name in names
    }


def _wrongs(table: str, columns: list[tuple[str, str, int, int]]) -> dict[str, str]:
    """Return possible faults of a table's values, and the condition that finds a faulty row."""
    faults: dict[str, str] = {}
    for column, declared, required, _ in columns:
        name, kind = f"{table}.{column}", declared.lower()
        allowed = f"'{kind}'" if required else f"'{kind}', 'null'"
        faults[f"{name}, which is no {kind}"] = f"typeof({column}) not in ({allowed})"
        if kind != "text":
            faults[f"{name}, which is out of range"] = (
                f"{column} is not null and not {column} between 0 and {LATEST}"
            )
        if column in _SECRETS.get(table, ()):
            faults[f"{name}, which is not one"] = (
                f"{column} glob '*[^A-Za-z0-9_-]*' or length({column}) not between 16 and 64 "
                f"or {column} is null"
            )
    return faults


def _any(database: sqlite3.Connection, query: str) -> bool:
    return database.execute(f"{query} limit 1").fetchone() is not None
