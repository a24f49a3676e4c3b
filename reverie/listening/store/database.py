"""Create, open, write and copy the SQLite database of a test."""

import json
import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from reverie.errors import ReverieError
from reverie.listening.design.orders import Order
from reverie.listening.store.schema import TABLES, Damaged, check
from reverie.storage import clear_disk_errors, replacing
from reverie.terminal import printable

_SHORT_LOCK_MS, _LOCK_SECONDS = 100, 30
_UNREADABLE = (sqlite3.Error, Damaged, UnicodeError, OSError)
"""Errors of reading a database; SQLite's message about damage may be invalid text."""


def create_database(
    path: Path, orders: Sequence[Order], *, rehearsal: bool, about_sha256: str
) -> None:
    """Create the database of a new test, with secret links and tokens for every participant."""
    database = _connect(path)
    with writing(database):
        for statement in TABLES.split(";"):
            database.execute(statement)
        about = {
            "rehearsal": json.dumps(rehearsal),
            "organiser": secrets.token_urlsafe(24),
            "about_sha256": about_sha256,
        }
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
    """Open the database of a test to write to it, from any thread.

    Raises:
        ReverieError: it is missing, damaged or another program's, or it cannot be written.
    """
    read_database(path).close()  # check it before writing to it
    return _connect(path)


def read_database(path: Path) -> sqlite3.Connection:
    """Open the database of a test read-only; its folder may be read-only too.

    Raises:
        ReverieError: it is missing, damaged or another program's.
    """
    if not path.is_file():
        raise ReverieError(f"{path} is missing.", "Restore it from a copy, or make the test again.")
    try:
        database = _reading(path)
        try:
            check(database)
        except BaseException:
            database.close()
            raise
    except _UNREADABLE as error:
        raise damaged(path, error) from error
    return database


def back_up(path: Path, out: Path) -> None:
    """Copy the database at `path` completely to the new file `out`, even while it is in use.

    Args:
        path: of a test's database.
        out: the copy, a single complete file.

    Raises:
        ReverieError: there is something at `out`, the database is damaged, or the disk refuses.
    """
    if os.path.lexists(out):
        raise ReverieError(f"{out} already exists.", "Choose another `out`.")
    with (
        closing(read_database(path)) as source,
        clear_disk_errors(out),
        replacing(out) as temporary,
    ):
        # It holds secrets, so nobody else may read it from the start.
        temporary.touch(0o600)
        with closing(sqlite3.connect(temporary)) as copy:
            try:
                source.backup(copy)
                copy.execute("pragma journal_mode = delete")
                check(copy)
            except _UNREADABLE as error:
                raise OSError(str(error)) from error


def damaged(path: Path, why: object) -> ReverieError:
    """Make the error of a database that cannot be used."""
    return ReverieError(
        f"{path} is damaged ({printable(str(why))}).",
        "Restore it from a copy; nothing was changed.",
    )


@contextmanager
def writing(database: sqlite3.Connection) -> Generator[None]:
    """Run a transaction, which is on the disk when the context ends."""
    database.execute("begin immediate")
    try:
        yield
    except BaseException:
        if database.in_transaction:  # after some errors SQLite has already rolled back
            database.execute("rollback")
        raise
    database.execute("commit")


def checkpoint(database: sqlite3.Connection) -> None:
    """Merge everything into the database's main file, so that a plain copy of it is complete.

    If another process is reading, this does nothing until the next call.
    """
    database.execute(f"pragma busy_timeout = {_SHORT_LOCK_MS}")
    try:
        database.execute("pragma wal_checkpoint(truncate)").fetchall()
    finally:
        database.execute(f"pragma busy_timeout = {1000 * _LOCK_SECONDS}")


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(
        path, check_same_thread=False, isolation_level=None, timeout=_LOCK_SECONDS
    )
    try:
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = full")
        database.execute("pragma foreign_keys = on")
    except sqlite3.DatabaseError as error:
        database.close()
        raise ReverieError(
            f"{path} cannot be written: {error}.",
            "Make it and its folder writable, or copy the whole folder to a writable place.",
        ) from error
    return database


def _reading(path: Path) -> sqlite3.Connection:
    """Open a connection for reading, to a copy if SQLite cannot create files beside `path`.

    The latest answers may lie in the -wal file beside it, which must not be ignored. A read-only
    connection would leave such files behind.
    """
    address = f"file:{quote(os.fsencode(path.absolute()))}?mode=rw"
    database = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
    try:
        database.execute("pragma query_only = on")
        database.execute("select count(*) from sqlite_master").fetchone()
    except sqlite3.OperationalError:
        database.close()
        return _copied(path)
    except BaseException:
        database.close()
        raise
    return database


def _copied(path: Path) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    try:
        with tempfile.TemporaryDirectory(prefix="reverie-") as folder:
            own = Path(folder, "copy.sqlite")
            shutil.copyfile(path, own)
            log = path.with_name(f"{path.name}-wal")
            if log.is_file():
                shutil.copyfile(log, own.with_name(f"{own.name}-wal"))
            with closing(sqlite3.connect(own)) as source:
                source.execute("pragma journal_mode = delete").fetchall()
                source.backup(copy)
    except BaseException:
        copy.close()
        raise
    return copy
