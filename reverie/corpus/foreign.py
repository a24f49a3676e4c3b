"""Files of others, which may be anything: read if they are plain files, and never waited for."""

from pathlib import Path

from reverie.storage import file_sha256, open_foreign


def first_bytes(path: Path, size_bytes: int) -> bytes:
    """At most the first `size_bytes` of a file; none where it is no plain file or unreadable."""
    try:
        with open_foreign(path) as file:
            return file.read(size_bytes)
    except OSError:
        return b""


def known_sha256(path: Path) -> str:
    """SHA-256 of a file; empty where it is no plain file or cannot be read."""
    try:
        return file_sha256(path)
    except OSError:
        return ""
