"""A folder at an URL, by fsspec: listing, reading and writing that outlast a bad connection.

Everything is tried again with growing pauses, but what the store refuses for good. Files are read
in pieces with a time limit each, so that a connection that stands still is given up, and one that
is cut costs a piece. What is read has the size that the store told, or it is read again.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import unquote

from reverie.errors import ReverieError
from reverie.remote.entries import Entry, entry_of, is_plain_name, is_same
from reverie.remote.trying import CHECK, GoneError, tried
from reverie.remote.urls import checked_url
from reverie.storage import replacing

Result = TypeVar("Result")

PIECE_BYTES = 4 << 20
PIECE_SECONDS = 120.0
"""A piece of a file that takes longer is asked for again: less than 35 kB a second."""
REQUEST_SECONDS = 60.0
CHANGES = 5
"""A file that changes so often while it is read is given up."""
INSTALL = "Install it: pip install 'reverie-music[remote]'"


class Store:
    """A folder, or a file, at an URL.

    Args:
        url: of it.

    Raises:
        ReverieError: nothing that is installed opens it, or it holds a secret.
    """

    def __init__(self, url: str) -> None:
        self.url = checked_url(url)
        protocol = self.url.partition("://")[0]
        try:
            core: Any = import_module("fsspec.core")  # an extra
        except ImportError as error:
            raise ReverieError(f"{url} is an URL, and fsspec is not installed.", INSTALL) from error
        try:
            self._files, self._root = cast("tuple[Any, str]", core.url_to_fs(self.url))
        except ImportError as error:
            raise ReverieError(
                f"{url} cannot be opened: what opens {protocol}:// is not installed.",
                INSTALL if protocol == "s3" else f"{error}.".replace("..", "."),
            ) from error
        except ValueError as error:
            raise ReverieError(
                f"{url} cannot be opened: {protocol}:// is no kind of place that fsspec knows.",
                "Give a folder, or an URL such as s3://bucket/folder.",
            ) from error
        self._root = self._root.rstrip("/")

    def listing(self) -> dict[str, Entry]:
        """Return every file in the folder and below, by its path from the folder.

        Raises:
            ReverieError: the store does not answer.
        """

        def find() -> dict[str, dict[str, Any]]:
            self._files.invalidate_cache()
            return self._call("find", self._root, detail=True, seconds=10 * REQUEST_SECONDS)

        try:
            found = self._tried("listed", "", find)
        except GoneError:
            return {}
        entries: dict[str, Entry] = {}
        for path, facts in found.items():
            name = self._relative(path)
            if name and facts.get("type") != "directory" and is_plain_name(name):
                entries[name] = entry_of(path, facts)
        return dict(sorted(entries.items()))

    def entry(self, name: str = "") -> Entry:
        """Ask the store what it says of one file now; `name` is empty for the URL itself.

        Raises:
            GoneError: it is not there.
            ReverieError: the store does not answer.
        """
        return self._tried("read", name, lambda: self._asked(name))

    def is_there(self, name: str = "") -> bool:
        """Whether a file is there.

        Raises:
            ReverieError: the store does not answer.
        """
        with contextlib.suppress(GoneError):
            return bool(self.entry(name))
        return False

    def read(self, name: str, most_bytes: int) -> bytes:
        """Return a small file.

        Args:
            name: of the file.
            most_bytes: a larger one is refused before it is read.

        Raises:
            GoneError: it is not there, or may not be read.
            ReverieError: it is larger, or the store does not answer.
        """

        def whole() -> bytes:
            found = self._asked(name)
            if (found.size or 0) > most_bytes:
                raise ReverieError(f"{self.named(name)} holds {found.size} bytes.", "Check it.")
            size = most_bytes + 1 if found.size is None else found.size
            content = self._cat(found.path, 0, size) if size else b""
            if found.size not in (None, len(content)) or len(content) > most_bytes:
                raise ConnectionError(f"{len(content)} bytes came, and not {found.size}")
            return content

        return self._tried("read", name, whole)

    def pieces(self, name: str, entry: Entry, first: int, size: int) -> Iterator[bytes]:
        """Yield a stretch of a file in pieces, together of exactly that size.

        Args:
            name: of the file, for messages.
            entry: what the store said of it.
            first: where the stretch begins, in bytes.
            size: of the stretch.

        Raises:
            ReverieError: the store does not answer, or gives less.
        """
        # Servers that know no ranges give all of it at once.
        whole = size if first == 0 and size == entry.size else -1
        for start in range(first, first + size, PIECE_BYTES):
            end = min(start + PIECE_BYTES, first + size)

            def piece(start: int = start, end: int = end) -> bytes:
                content = self._cat(entry.path, start, end)
                if len(content) not in (end - start, whole):
                    raise ConnectionError(f"{len(content)} bytes came, and not {end - start}")
                return content

            content = self._tried("read", name, piece)
            yield content
            if len(content) == whole:
                return

    def fetch(self, name: str, target: Path, entry: Entry | None = None) -> Entry:
        """Bring a whole file to `target`, which is there only once all of it is.

        A file that changes while it is read is read again.

        Args:
            name: of the file; empty for the URL itself.
            target: where it goes.
            entry: what the store said of it, if it was asked already.

        Returns:
            What the store says of what was read.

        Raises:
            GoneError: it is not there, or may not be read.
            ReverieError: the store does not answer, or the disk refuses.
        """
        found = entry or self.entry(name)
        with replacing(target) as temporary:
            for _ in range(CHANGES):
                problem: ReverieError | None = None
                try:
                    with temporary.open("wb") as file:
                        for piece in self._whole(name, found):
                            file.write(piece)
                except ReverieError as error:
                    problem = error
                now = self.entry(name)
                if is_same(found, now):
                    if problem is not None:
                        raise problem
                    return now
                found = now
            raise ReverieError(f"{self.named(name)} changes while it is read.", CHECK)

    def _whole(self, name: str, entry: Entry) -> Iterator[bytes]:
        if entry.size is None:
            yield self._tried("read", name, lambda: self._cat(entry.path, None, None))
        else:
            yield from self.pieces(name, entry, 0, entry.size)

    def send(self, source: Path, name: str) -> Entry:
        """Bring a file to the store.

        Object stores show it once all of it is there. What other stores show before that, whoever
        reads it refuses by its size or its hash.

        Raises:
            ReverieError: the store does not answer, or refuses.
        """
        size = source.stat().st_size
        allowed = REQUEST_SECONDS + size / PIECE_BYTES * PIECE_SECONDS

        def put() -> Entry:
            path = self.path(name)
            self._make_parent(path)
            self._call("put_file", str(source), path, seconds=allowed)
            sent = self._asked(name)
            if sent.size is not None and sent.size != size:
                raise ConnectionError(f"{sent.size} bytes arrived, and not {size}")
            return sent

        return self._tried("written", name, put)

    def write(self, name: str, content: bytes, *, new: bool = False) -> None:
        """Write a small file.

        Args:
            name: of the file.
            content: of it.
            new: refuse to replace one, where the store can tell; else it is replaced.

        Raises:
            FileExistsError: it is there, and was to be new.
            ReverieError: the store does not answer, or refuses.
        """

        def pipe() -> None:
            path = self.path(name)
            self._make_parent(path)
            if new:
                with contextlib.suppress(TypeError, NotImplementedError):
                    self._call("pipe_file", path, content, mode="create", seconds=REQUEST_SECONDS)
                    return
            self._call("pipe_file", path, content, seconds=REQUEST_SECONDS)

        self._tried("written", name, pipe)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are not there are passed over.

        Raises:
            ReverieError: the store does not answer, or refuses.
        """
        for name in names:
            with contextlib.suppress(GoneError):
                self._tried("removed", name, partial(self._remove, self.path(name)))

    def _remove(self, path: str) -> None:
        self._call("rm_file", path, seconds=REQUEST_SECONDS)

    def named(self, name: str) -> str:
        """Return the URL of a file in it."""
        return f"{self.url}/{name}" if name else self.url

    def path(self, name: str) -> str:
        """Return the path of a file in it, as the store names it."""
        return f"{self._root}/{name}" if name else self._root

    def _relative(self, path: str) -> str:
        if path.rstrip("/") == self._root:
            return ""
        name = path.removeprefix(self._root).lstrip("/")
        return unquote(name) if self.url.startswith("http") else name

    def _asked(self, name: str) -> Entry:
        """Ask once what the store says of a file."""
        path = self.path(name)
        self._files.invalidate_cache()
        facts = cast("dict[str, Any]", self._call("info", path, seconds=REQUEST_SECONDS))
        if facts.get("type") == "directory":
            raise FileNotFoundError(path)
        return entry_of(path, facts)

    def _make_parent(self, path: str) -> None:
        # Object stores have no folders, and would take a bucket for one.
        if not hasattr(self._files, "s3"):
            self._call("makedirs", path.rpartition("/")[0], exist_ok=True, seconds=REQUEST_SECONDS)

    def _cat(self, path: str, first: int | None, end: int | None) -> bytes:
        limits = {} if end is None else {"start": first, "end": end}
        return cast(bytes, self._call("cat_file", path, seconds=PIECE_SECONDS, **limits))

    def _call(self, what: str, *given: Any, seconds: float, **named: Any) -> Any:
        """Call the file system, for so long at most where it can be left."""
        if getattr(self._files, "async_impl", False):
            waiting: Any = import_module("fsspec.asyn")
            work = getattr(self._files, f"_{what}")
            return waiting.sync(self._files.loop, work, *given, timeout=seconds, **named)
        return getattr(self._files, what)(*given, **named)

    def _tried(self, done: str, name: str, work: Callable[[], Result]) -> Result:
        return tried(self.named(name), done, work)
