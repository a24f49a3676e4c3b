"""Read other programs' files, only if they are plain files, so that reading never blocks."""

from pathlib import Path

from reverie.storage import file_sha256, open_foreign


def first_bytes(path: Path, size_bytes: int) -> bytes:
    """Return up to the first `size_bytes` of a file; empty if it is not plain or not readable."""
    try:
        with open_foreign(path) as file:
            return file.read(size_bytes)
    except OSError:
        return b""


def known_sha256(path: Path) -> str:
    """Return the SHA-256 of a file; empty if it is not plain or not readable."""
    try:
        return file_sha256(path)
    except OSError:
        return ""
