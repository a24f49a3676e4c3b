"""Files that are either whole or not there: each is written beside its name, then renamed."""

import json
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from reverie.errors import ReverieError


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
            f"cannot write {path}: {(error.strerror or str(error)).lower()}.",
            "Free some space or choose another folder; what was made before is intact.",
        ) from error


@contextmanager
def replacing(path: Path) -> Generator[Path, None, None]:
    """Give a temporary path to write to; on success flush it to disk and rename it to `path`.

    Works for a file, and for a folder that is not there yet. Whatever fails, an existing `path` is
    left as it was.

    Raises:
        ReverieError: the disk is full or the folder cannot be written.
    """
    temporary = beside(path)
    try:
        with clear_disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            _flush(temporary)
            temporary.replace(path)
            _flush_folder(path.parent)
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` (UTF-8) to `path`, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as readable JSON to `path`, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path, what: str) -> Any:
    """Read JSON from `path`.

    Args:
        path: the file.
        what: what the file should be, for the message ("a corpus manifest").

    Raises:
        ReverieError: the file is missing, unreadable or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ReverieError(
            f"{path} is missing, so this is not {what}.", "Check the path."
        ) from error
    except (OSError, ValueError) as error:
        raise ReverieError(
            f"{path} cannot be read as {what}: {error}.", "Restore it, or make it again."
        ) from error


def _flush(path: Path) -> None:
    for file in path.rglob("*") if path.is_dir() else [path]:
        if file.is_file():
            with file.open("rb") as handle:
                os.fsync(handle.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def only_one(folder: Path) -> Generator[None, None, None]:
    """Make `folder` if it is missing, and hold it for this process alone.

    Raises:
        ReverieError: another process holds it, or it cannot be written.
    """
    with clear_disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise ReverieError(
                f"{folder} is being written by another process.",
                "Wait for it to end, or choose another folder.",
            ) from error
    try:
        yield
    finally:
        lock.release()
