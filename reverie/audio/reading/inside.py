"""Read what the tags inside an audio file say: is it a clip of Reverie, and how was it made."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import av
import av.logging
from av.error import FFmpegError

from reverie.audio.provenance import Provenance, Sidecar, read_sidecar
from reverie.audio.tags import LARGEST_JSON, MARK, MARK_DIGITS, NOT_INSIDE, PROVENANCE
from reverie.errors import ReverieError
from reverie.records import as_record, parse_json
from reverie.storage import open_foreign

SCANNED_BYTES = 1 << 16
"""Read at the start and at the end of a file to find a mark."""

_MARKS = tuple(
    re.compile(re.escape(MARK.encode(encoding)) + b"(?:%s){%d}" % (digit, MARK_DIGITS))
    for encoding, digit in (
        ("ascii", b"[0-9a-f]"),
        ("utf-16-le", rb"[0-9a-f]\0"),
        ("utf-16-be", rb"\0[0-9a-f]"),
    )
)
_LONGEST_MARK = 2 * (len(MARK) + MARK_DIGITS)


def has_mark(sound: Path) -> bool:
    """Return whether the start or the end of a file holds the mark of a clip of Reverie.

    Only bytes are compared: no format is parsed. False if it is no plain file or unreadable.
    """
    try:
        with open_foreign(sound) as file:
            if _is_marked(file.read(SCANNED_BYTES)):
                return True
            end = file.seek(0, 2)
            if end <= SCANNED_BYTES:
                return False
            file.seek(max(end - SCANNED_BYTES, SCANNED_BYTES) - _LONGEST_MARK)
            return _is_marked(file.read())
    except OSError:
        return False


def metadata_of(container: Any) -> dict[str, str]:
    """Return the tags of a file opened by FFmpeg, of the whole and of its tracks, by upper-case
    name."""
    parts = [stream.metadata for stream in container.streams] + [container.metadata]
    return {str(name).upper(): str(text) for part in parts for name, text in part.items()}


def provenance_inside(sound: Path) -> Provenance | None:
    """Return the provenance that the tags of a file hold; None if they hold none.

    It is the clip's that the file was made of: another program may have changed the sound since.
    """
    if not has_mark(sound):
        return None
    try:
        with (
            av.logging.Capture(),
            av.open(
                str(sound.absolute()),
                options={"protocol_whitelist": "file"},
                metadata_errors="replace",
            ) as container,
        ):
            text = metadata_of(container).get(PROVENANCE, "")
    except (FFmpegError, OSError, EOFError):
        return None
    if not text or len(text) > LARGEST_JSON:
        return None
    try:
        values = parse_json(text.encode("utf-8", "replace"), f"{sound}")
        if not isinstance(values, dict):
            return None
        known = {**cast(dict[str, Any], values), **dict.fromkeys(NOT_INSIDE, 0)}
        return as_record(known, Provenance, f"{sound}")
    except ReverieError:
        return None


def origin_of(sound: Path) -> Sidecar:
    """Return what the JSON beside a sound says of it, or what its own tags say where there is none
    to be trusted.

    Raises:
        OSError: `sound` cannot be read.
    """
    beside = read_sidecar(sound)
    if beside.provenance is not None:
        return beside
    inside = provenance_inside(sound)
    return beside if inside is None else replace(beside, provenance=inside, doubt="")


def _is_marked(content: bytes) -> bool:
    return any(mark.search(content) for mark in _MARKS)
