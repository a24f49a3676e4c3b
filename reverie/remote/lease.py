"""One writer at an URL, as well as a store allows.

On this machine a lock of the system refuses a second writer. Between machines a small file at the
URL does, `.writer.json`, which its owner renews. Stores that can refuse to replace a file make that
exact; with others two that begin within the same second both believe that they are alone until each
looks again, and the one whose name is not in the file gives up.
"""

import contextlib
import json
import secrets
import time
from collections.abc import Generator
from typing import Any, cast

from filelock import FileLock, Timeout

from reverie.errors import ReverieError
from reverie.remote.places import Place
from reverie.remote.trying import GoneError

WRITER = ".writer.json"
STALE_SECONDS = 300.0
"""A writer that has not said for so long that it is there is taken for dead."""
RENEW_SECONDS = 60.0
_MOST_BYTES = 1 << 16


class TakenOverError(ReverieError):
    """Another writer has the URL now."""


class Lease:
    """The right to write at an URL.

    Args:
        place: of the URL.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._renewed = 0.0
        self.name = secrets.token_hex(16)

    def take(self) -> None:
        """Begin to be the writer.

        Raises:
            ReverieError: another one is, or the store does not answer.
        """
        there = self._read()
        if there is not None:
            writer, age = there
            if writer != self._place.writer and age < STALE_SECONDS:
                raise ReverieError(
                    f"{self._place.url} is being written by another process, which said so "
                    f"{max(age, 0):.0f} s ago.",
                    f"Wait for it to end. Where it was killed, call again in "
                    f"{STALE_SECONDS - age:.0f} s, or choose another URL.",
                )
        self._place.keep_writer(self.name)
        with contextlib.suppress(FileExistsError):  # somebody was quicker, as is found at once
            self._place.store.write(WRITER, self._said(), new=there is None)
        self._renewed = time.monotonic()
        self.check()

    def check(self) -> None:
        """See that nobody else has become the writer, and say now and then that this one is there.

        Raises:
            TakenOverError: another one has.
            ReverieError: the store does not answer.
        """
        there = self._read()
        if there is None or there[0] != self.name:
            raise TakenOverError(
                f"{self._place.url} is written by another process now.",
                f"What was made here and not sent lies in {self._place.home}.",
            )
        if time.monotonic() - self._renewed > RENEW_SECONDS:
            self._place.store.write(WRITER, self._said())
            self._renewed = time.monotonic()

    def end(self) -> None:
        """Stop being the writer."""
        with contextlib.suppress(ReverieError):
            there = self._read()
            if there is not None and there[0] == self.name:
                self._place.store.remove([WRITER])

    def _said(self) -> bytes:
        return json.dumps({"writer": self.name, "at": time.time()}).encode()

    def _read(self) -> tuple[str, float] | None:
        """Return who writes, and how many seconds ago that was said; None if nobody does."""
        try:
            content = self._place.store.read(WRITER, _MOST_BYTES)
        except GoneError:
            return None
        try:
            values = cast("dict[str, Any]", json.loads(content))
            return str(values["writer"]), time.time() - float(values["at"])
        except (ValueError, KeyError, TypeError):
            return "", STALE_SECONDS


@contextlib.contextmanager
def writing(place: Place) -> Generator[Lease]:
    """Be the one writer at an URL.

    Raises:
        ReverieError: another process is, or the store does not answer.
    """
    lock = FileLock(place.home / ".writing")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ReverieError(
            f"{place.url} is being written by another process on this machine.",
            "Wait for it to end, or choose another URL.",
        ) from error
    lease = Lease(place)
    try:
        lease.take()
        yield lease
    finally:
        lease.end()
        lock.release()
