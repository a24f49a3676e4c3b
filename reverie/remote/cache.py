"""The cache on this machine: bounded in bytes and by the disk; what is used least goes first.

samples/HH/HASH.pcm   the samples of one recording, by their content hash
recordings/KEY/       recordings on their way into a corpus, while a process holds the folder
places/KEY/           what is known of one URL: see `places.py`

Nobody needs what is in it but what a place calls unsent; all else can be fetched again.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from filelock import FileLock

from reverie.errors import ReverieError
from reverie.storage import PARTIAL, clear_disk_errors, own_folder, sweep

FOLDER, GIGABYTES = "REVERIE_CACHE", "REVERIE_CACHE_GB"
"""Environment variables: where the cache lies, and how large it may become."""
DEFAULT_GIGABYTES = 50.0
FREE_BYTES = 1 << 30
"""Of the disk that the cache leaves free, for checkpoints."""
USING, UNSENT = ".using", "unsent"


@dataclass(frozen=True)
class Cache:
    """The cache in a folder."""

    folder: Path
    most_bytes: int

    @property
    def samples(self) -> Path:
        """Where samples of single recordings lie."""
        return self.folder / "samples"

    @property
    def recordings(self) -> Path:
        """Where recordings lie until they are decoded."""
        return self.folder / "recordings"

    @property
    def places(self) -> Path:
        """Where the places lie."""
        return self.folder / "places"

    def make_room(self, size_bytes: int, what: str, *, bounded: bool = True) -> None:
        """Remove what was used longest ago until so many bytes more may be written.

        Args:
            size_bytes: to be written.
            what: they are, for the message.
            bounded: keep within the size of the cache too, and not only of the disk.

        Raises:
            ReverieError: that is more than the cache may hold, or than there is room on the disk.
        """
        own_folder(self.folder)
        if bounded and size_bytes > self.most_bytes:
            raise ReverieError(
                f"{what} takes {_size(size_bytes)}, and the cache in {self.folder} may hold "
                f"{_size(self.most_bytes)}.",
                f"Set {GIGABYTES} to more.",
            )
        with FileLock(self.folder / ".lock"):
            self._evict(size_bytes, bounded=bounded)
        free = shutil.disk_usage(self.folder).free
        if free < size_bytes + FREE_BYTES:
            raise ReverieError(
                f"{what} takes {_size(size_bytes)}, and the disk of {self.folder} has "
                f"{_size(free)} left.",
                f"Free some space, or set {FOLDER} to a folder on a larger disk.",
            )

    def used_bytes(self) -> int:
        """Bytes that can be removed."""
        return sum(size for _, size, _ in self._units())

    def _evict(self, size_bytes: int, *, bounded: bool) -> None:
        units = sorted(self._units(), key=lambda one: one[0])
        used, free = sum(size for _, size, _ in units), shutil.disk_usage(self.folder).free
        for _, size, path in units:
            fits = not bounded or used + size_bytes <= self.most_bytes
            if fits and free >= size_bytes + FREE_BYTES:
                return
            if _removed(path):
                used, free = used - size, free + size

    def _units(self) -> Iterator[tuple[float, int, Path]]:
        """Yield what may go: when it was last used, its size in bytes, and its path."""
        for parent, _, names in os.walk(self.samples):
            for name in names:
                if not PARTIAL.fullmatch(name):
                    with contextlib.suppress(OSError):
                        facts = Path(parent, name).stat()
                        yield facts.st_mtime, facts.st_size, Path(parent, name)
        for folder in (*_folders(self.recordings), *_folders(self.places)):
            with contextlib.suppress(OSError):
                if not (folder / UNSENT).exists():
                    yield (folder / USING).stat().st_mtime, _tree_bytes(folder), folder


def cache() -> Cache:
    """Return the cache as the environment sets it.

    Raises:
        ReverieError: its size is no number, or its folder cannot be made.
    """
    said = os.environ.get(GIGABYTES, "").strip()
    try:
        gigabytes = float(said) if said else DEFAULT_GIGABYTES
    except ValueError:
        gigabytes = -1.0
    if not 0 < gigabytes < 1e9:
        raise ReverieError(f"{GIGABYTES} is {said!r}.", "Set it to a number of gigabytes.")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get(FOLDER) or Path(base, "reverie")).absolute()
    return _opened(folder, round(gigabytes * 1e9))


@lru_cache(maxsize=8)
def _opened(folder: Path, most_bytes: int) -> Cache:
    """Open a cache, and remove once what processes that are gone left half written."""
    with clear_disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    made = Cache(folder, most_bytes)
    for part in (made.samples, made.recordings, made.places):
        sweep(part)
    return made


def touch(path: Path) -> None:
    """Note that `path` was used now."""
    with contextlib.suppress(OSError):
        os.utime(path)


def hold(folder: Path) -> int | None:
    """Make `folder`, and keep it from being removed until this process ends or lets go of it.

    Returns:
        What `let_go` takes; None where the system has no such locks.

    Raises:
        ReverieError: the disk refuses.
    """
    with clear_disk_errors(folder):
        while True:
            folder.mkdir(parents=True, exist_ok=True)
            held = _lock(folder, exclusive=False)
            touch(folder / USING)
            # Another process may have removed it in between.
            if held is None or (folder / USING).exists():
                return held
            let_go(held)


def let_go(held: int | None) -> None:
    """Undo `hold`."""
    if held is not None:
        with contextlib.suppress(OSError):
            os.close(held)


def _removed(path: Path) -> bool:
    """Remove a file, or a folder that no process holds; return whether that was done."""
    if not path.is_dir():
        with contextlib.suppress(OSError):
            path.unlink()
            return True
        return False
    try:
        held = _lock(path, exclusive=True)
    except OSError:
        return False
    if held is not None:
        shutil.rmtree(path, ignore_errors=True)
        let_go(held)
    return held is not None


def _lock(folder: Path, *, exclusive: bool) -> int | None:
    """Lock a folder for using it, or without waiting for removing it.

    Raises:
        OSError: another process uses it, or the disk refuses.
    """
    try:
        import fcntl  # noqa: PLC0415 -- not of every system
    except ImportError:
        (folder / USING).touch()
        return None
    held = os.open(folder / USING, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB if exclusive else fcntl.LOCK_SH)
    except BaseException:
        os.close(held)
        raise
    return held


def _folders(path: Path) -> list[Path]:
    try:
        return [one for one in path.iterdir() if one.is_dir() and not one.is_symlink()]
    except OSError:
        return []


def _tree_bytes(folder: Path) -> int:
    sizes = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                sizes += Path(parent, name).lstat().st_size
    return sizes


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.3g} GB"
