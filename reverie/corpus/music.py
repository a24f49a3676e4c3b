"""Where recordings are prepared from: a folder, or an URL from which each is fetched when it is
its turn."""

import hashlib
import os
import secrets
import stat
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shutil import rmtree

from reverie.corpus.discover import Discovery, Found, discover
from reverie.corpus.discover_url import discover_url
from reverie.corpus.foreign import known_sha256
from reverie.errors import ReverieError
from reverie.remote.cache import Cache, cache, hold, let_go
from reverie.remote.entries import Entry
from reverie.remote.store import Store
from reverie.remote.trying import GoneError
from reverie.remote.urls import is_url
from reverie.storage import clear_disk_errors

AHEAD = 4
"""Recordings that are fetched while others are decoded."""
HEAD_BYTES = 1 << 18
"""Of a recording, in which its rate is said."""

IsKnown = Callable[[Found], bool]


@dataclass(frozen=True)
class Fetched:
    """A recording to decode: its file here, or why there is none."""

    number: int
    file: Found
    path: Path
    problem: str = ""


class FolderMusic:
    """Recordings in a folder.

    Args:
        recordings: the folder, searched with all below it, or a single recording.

    Raises:
        ReverieError: it is missing.
    """

    def __init__(self, recordings: Path) -> None:
        if not recordings.exists():
            raise ReverieError(f"{recordings} does not exist.", "Give a folder of recordings.")
        self.folder: Path | None = recordings
        self._base = recordings if recordings.is_dir() else recordings.parent

    @property
    def source(self) -> str:
        """Where the recordings are, as the manifest says it."""
        return str((self.folder or Path()).absolute())

    def is_same(self, source: str) -> bool:
        """Whether a manifest's `source` means the same recordings."""
        return os.path.realpath(source) == os.path.realpath(self.folder or "")

    def discover(self, leave_out: Path, is_known: IsKnown) -> Discovery:
        """Find the recordings: see `discover`."""
        return discover(self.folder or Path(), leave_out, is_known)

    def sha256(self, file: Found) -> str:
        """Return the SHA-256 of a recording; empty if it cannot be read."""
        return known_sha256(self._base / file.path)

    def entries(self, files: Sequence[Found]) -> dict[str, Entry]:  # noqa: ARG002
        """Return what another machine has to be told to find these files."""
        return {}

    def sees(self, file: Found) -> bool:
        """Whether a recording is there."""
        try:
            return stat.S_ISREG((self._base / file.path).stat().st_mode)
        except OSError:
            return False

    def head(self, file: Found) -> Path:
        """Return a file that begins as the recording does."""
        return self._base / file.path

    def fetched(self, files: Sequence[Found]) -> Iterator[Fetched]:
        """Yield each recording as a file here."""
        for number, file in enumerate(files):
            yield Fetched(number, file, self._base / file.path)

    def done(self, path: Path) -> None:
        """Let go of a file that `fetched` gave."""


class UrlMusic:
    """Recordings at an URL: listed at once, and each fetched before it is decoded.

    Args:
        url: of the folder, or of a single recording.
        spool: a folder for what is fetched.
        entries: what the store said of its files, where it was asked before.
    """

    folder: Path | None = None

    def __init__(self, url: str, spool: Path, entries: Mapping[str, Entry] | None = None) -> None:
        self._store, self._spool = Store(url), spool
        self._entries = dict(entries or {})

    @property
    def source(self) -> str:
        """Where the recordings are, as the manifest says it."""
        return self._store.url

    def is_same(self, source: str) -> bool:
        """Whether a manifest's `source` means the same recordings."""
        return source == self._store.url

    def discover(self, leave_out: Path, is_known: IsKnown) -> Discovery:  # noqa: ARG002
        """Find the recordings: see `discover_url`."""
        found, self._entries = discover_url(self._store, self._spool / "notes")
        return found

    def sha256(self, file: Found) -> str:
        """Return the SHA-256 of a recording; empty if it is gone."""
        digest, entry = hashlib.sha256(), self._entries[file.path]
        try:
            for piece in self._store.pieces(self._name(file), entry, 0, file.bytes):
                digest.update(piece)
        except GoneError:
            return ""
        return digest.hexdigest()

    def entries(self, files: Sequence[Found]) -> dict[str, Entry]:
        """Return what another machine has to be told to find these files."""
        return {file.path: self._entries[file.path] for file in files}

    def sees(self, file: Found) -> bool:
        """Whether a recording is there.

        Raises:
            ReverieError: the store does not answer.
        """
        return self._store.is_there(self._name(file))

    def head(self, file: Found) -> Path:
        """Return a file that begins as the recording does."""
        size = min(file.bytes, HEAD_BYTES)
        target = self._spool / f"head{PurePosixPath(file.path).suffix}"
        pieces = self._store.pieces(self._name(file), self._entries[file.path], 0, size)
        with clear_disk_errors(target):
            try:
                target.write_bytes(b"".join(pieces))
            except GoneError:
                target.write_bytes(b"")
        return target

    def fetched(self, files: Sequence[Found]) -> Iterator[Fetched]:
        """Yield each recording as a file here; a few are fetched ahead.

        Raises:
            ReverieError: the store does not answer, or there is no room.
        """
        waiting: deque[Future[Fetched]] = deque()
        rest = iter(enumerate(files))
        pool = ThreadPoolExecutor(AHEAD)
        try:
            while True:
                while len(waiting) < AHEAD and (one := next(rest, None)) is not None:
                    waiting.append(pool.submit(self._fetch, *one))
                if not waiting:
                    return
                yield waiting.popleft().result()
        finally:
            # Ctrl-C must not wait for what nobody needs any more.
            pool.shutdown(wait=False, cancel_futures=True)

    def done(self, path: Path) -> None:
        """Remove a file that `fetched` gave."""
        path.unlink(missing_ok=True)

    def _fetch(self, number: int, file: Found) -> Fetched:
        target = self._spool / f"{number}{PurePosixPath(file.path).suffix}"
        named = self._store.named(self._name(file))
        cache().make_room(file.bytes, named)
        try:
            self._store.fetch(self._name(file), target, self._entries[file.path])
        except GoneError as error:
            return Fetched(number, file, target, error.problem.rstrip("."))
        return Fetched(number, file, target)

    def _name(self, file: Found) -> str:
        """Return the name of a file in its store; that of a single recording is empty."""
        return "" if self._entries[file.path].path == self._store.path("") else file.path


Music = FolderMusic | UrlMusic


@contextmanager
def music_at(
    recordings: Path | str, entries: Mapping[str, Entry] | None = None
) -> Generator[Music]:
    """Give what finds recordings and brings them here; what it fetched is removed afterwards.

    Args:
        recordings: a folder or a single recording; or the URL of one.
        entries: `Music.entries` of another machine that found them.

    Raises:
        ReverieError: it is missing, or nothing opens the URL.
    """
    if not is_url(recordings):
        yield FolderMusic(Path(recordings))
        return
    kept: Cache = cache()
    spool = kept.recordings / secrets.token_hex(8)
    held = hold(spool)
    try:
        yield UrlMusic(str(recordings), spool, entries)
    finally:
        rmtree(spool, ignore_errors=True)
        let_go(held)
