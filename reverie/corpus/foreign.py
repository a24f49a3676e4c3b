"""Files of others, which may be anything: read if they are plain files, and never waited for."""

import hashlib
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO, cast


def first_bytes(path: Path, size_bytes: int) -> bytes:
    """At most the first `size_bytes` of a file; none where it is no plain file or unreadable."""
    try:
        with _opened(path) as file:
            return file.read(size_bytes) if _is_plain(file) else b""
    except OSError:
        return b""


def file_sha256(path: Path) -> str:
    """SHA-256 of a file; empty where it is no plain file or cannot be read."""
    try:
        with _opened(path) as file:
            return (
                hashlib.file_digest(cast(Any, file), "sha256").hexdigest()
                if _is_plain(file)
                else ""
            )
    except OSError:
        return ""


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, open(path, "rb", opener=_unwaiting))


def _unwaiting(path: str, flags: int) -> int:
    # A pipe would wait for somebody to write into it.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _is_plain(file: BinaryIO) -> bool:
    return stat.S_ISREG(os.fstat(file.fileno()).st_mode)
