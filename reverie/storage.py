"""Files that are either whole or not there: each is written beside its name, then renamed.

Folders of ours hold plain files and folders only. A link in a folder that a stranger made could
have us write elsewhere, and a pipe or a device could have us wait for ever, so both are refused.
"""

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, cast

import psutil
from filelock import FileLock, Timeout

from reverie.errors import ReverieError, os_reason

PARTIAL = re.compile(r"\..+\.(\d{1,9})\.partial")
"""A temporary name: what it is to be, and the process that writes it."""

LOCK_SECONDS = 0.3
"""Patience with a lock that another process holds."""

PLAIN = "Folders of Reverie hold plain files only: put the file itself there."


def beside(path: Path) -> Path:
    """The temporary name beside `path` under which it is written."""
    return path.with_name(f".{path.name}.{os.getpid()}.partial")


@contextmanager
def clear_disk_errors(path: Path) -> Generator[None, None, None]:
    """Turn an operating system's refusal to write `path` into a `ReverieError`."""
    try:
        yield
    except OSError as error:
        raise ReverieError(
            f"cannot write {path}: {os_reason(error)}.",
            "Free some space or choose another folder; what was made before is intact.",
        ) from error


@contextmanager
def replacing(path: Path) -> Generator[Path, None, None]:
    """Give a temporary path to write to; on success flush it to disk and rename it to `path`.

    Works for a file, and for a folder that is not there yet. Whatever fails, an existing `path` is
    left as it was, and clearing up hides no error.

    Raises:
        ReverieError: the disk is full or the folder cannot be written.
    """
    if not path.name:
        raise ReverieError(f"{path} is a folder.", "Give the name of a file in it.")
    temporary = beside(path)
    try:
        with clear_disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _discard(temporary)
            yield temporary
            _flush(temporary)
            temporary.replace(path)
            flush_folder(path.parent)
    finally:
        _discard(temporary)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8, whole or not at all.

    Bytes of file names that are not UTF-8 are written as `\\udc..`, which JSON reads back.

    Raises:
        ReverieError: the disk is full or the folder cannot be written.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(text.encode("utf-8", "backslashreplace"))


def write_json(path: Path, value: Any) -> None:
    """Write `value` as readable JSON to `path`, whole or not at all.

    Raises:
        ReverieError: the disk is full or the folder cannot be written.
    """
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def open_plain(path: Path, mode: Literal["rb", "ab", "r+b"]) -> IO[bytes]:
    """Open `path` if it is a plain file; with `ab` it is made where it is missing.

    Raises:
        OSError: the system refuses.
        ReverieError: it is a link, a folder, a pipe or a device.
    """
    return open(path, mode, opener=_plain_opener)


def require_plain(path: Path, what: str = "a file of Reverie") -> None:
    """Refuse what is there at `path` unless it is a plain file; a missing one is left to others.

    For files that a library opens by name.

    Raises:
        ReverieError: it is a link, a folder, a pipe or a device.
    """
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise ReverieError(
            f"{path} cannot be read: {os_reason(error)}.", "Check the path."
        ) from error
    if not stat.S_ISREG(mode):
        raise ReverieError(f"{path} is {_kind(mode)}, not {what}.", PLAIN)


def own_folder(path: Path) -> Path:
    """Make the folder `path` within a folder of ours if it is missing; gives `path`.

    Raises:
        ReverieError: it is a link or no folder, or cannot be made.
    """
    with clear_disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            raise ReverieError(f"{path} is a link, not a folder of Reverie.", PLAIN)
    return path


@contextmanager
def opened_plain(path: Path, what: str, most_bytes: int) -> Generator[IO[bytes], None, None]:
    """Open the plain file `path` to read.

    Args:
        path: the file.
        what: what the file should be, for the message ("a corpus manifest").
        most_bytes: a larger file is refused before it is read.

    Raises:
        ReverieError: it is missing, no plain file, too large, or cannot be read.
    """
    try:
        with open_plain(path, "rb") as file:
            if (size := os.fstat(file.fileno()).st_size) > most_bytes:
                said = f"{path} cannot be {what}: it holds {size} bytes."
                raise ReverieError(said, "Check the path.")
            yield file
    except (FileNotFoundError, NotADirectoryError) as error:
        said = f"{path} is missing, so this is not {what}."
        raise ReverieError(said, "Check the path.") from error
    except OSError as error:
        raise ReverieError(
            f"{path} cannot be read as {what}: {os_reason(error)}.", "Restore it, or make it again."
        ) from error


def read_plain(path: Path, what: str, most_bytes: int) -> bytes:
    """All bytes of a plain file; see `opened_plain`."""
    with opened_plain(path, what, most_bytes) as file:
        return file.read(os.fstat(file.fileno()).st_size)  # more would be taken from memory at once


def open_foreign(path: Path) -> IO[bytes]:
    """Open a file of others to read if it is a plain file, links followed, without ever waiting.

    Raises:
        OSError: the system refuses, or it is a folder, a pipe or a device.
    """
    return open(path, "rb", opener=_foreign_opener)


def file_sha256(path: Path) -> str:
    """SHA-256 of a plain file's bytes, in hexadecimal digits.

    Raises:
        OSError: it cannot be read, or is no plain file.
    """
    with open_foreign(path) as file:
        return hashlib.file_digest(cast(Any, file), "sha256").hexdigest()


@contextmanager
def only_one(folder: Path) -> Generator[None, None, None]:
    """Make `folder` if it is missing, hold it for this process alone, and sweep it.

    Raises:
        ReverieError: another process holds it, or it cannot be written.
    """
    with clear_disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        require_plain(folder / ".lock")
        lock = FileLock(folder / ".lock")
        try:
            # `is_held` holds it for a moment.
            lock.acquire(timeout=LOCK_SECONDS, poll_interval=LOCK_SECONDS / 10)
        except Timeout as error:
            raise ReverieError(
                f"{folder} is being written by another process.",
                "Wait for it to end, or choose another folder.",
            ) from error
    try:
        sweep(folder)
        yield
    finally:
        lock.release()


def is_held(folder: Path) -> bool:
    """Whether a process holds `folder` for itself now; nothing is made where there is no lock."""
    path = folder / ".lock"
    if path.is_symlink() or not path.is_file():
        return False
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        # On a disk that cannot be written nobody writes.
        return False
    lock.release()
    return False


def sweep(folder: Path, *, below: bool = True) -> None:
    """Remove what processes that are gone left half written in `folder`, and `below` it."""
    for parent, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            match = PARTIAL.fullmatch(name)
            if match and not _being_written(path := Path(parent, name), int(match[1])):
                _discard(path)
        folders[:] = [name for name in folders if below and not PARTIAL.fullmatch(name)]


def _being_written(path: Path, pid: int) -> bool:
    """Whether the process that began `path` is at work still; a later one may have its number."""
    try:
        return path.lstat().st_mtime >= psutil.Process(pid).create_time() - 1
    except (OSError, psutil.Error):
        return False


def _plain_opener(path: str, flags: int) -> int:
    try:
        return _foreign_opener(path, flags | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        require_plain(Path(path))
        raise


def _foreign_opener(path: str, flags: int) -> int:
    # O_NONBLOCK, or opening a pipe would wait for somebody to write into it.
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o666)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, f"{_kind(mode)}, not a file", path)
    return descriptor


def _kind(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "a link"
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a pipe" if stat.S_ISFIFO(mode) else "a device"


def _discard(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    for file in path.rglob("*") if path.is_dir() else [path]:
        if file.is_file():
            with file.open("rb") as handle:
                os.fsync(handle.fileno())


def flush_folder(folder: Path) -> None:
    """Have the names in `folder` reach the disk, as the files under them have."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
