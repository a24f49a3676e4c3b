"""Choose which of a file's audio tracks is the recording."""

import re
from typing import Any

from av.stream import Disposition

ASIDE = (
    Disposition.dub
    | Disposition.comment
    | Disposition.lyrics
    | Disposition.karaoke
    | Disposition.hearing_impaired
    | Disposition.visual_impaired
    | Disposition.descriptions
    | Disposition.dependent
)
"""Dispositions of tracks other than the main one."""


def chosen(tracks: list[Any]) -> tuple[Any, str | None]:
    """Return the track that players would play, and a note on the choice if there are several.

    Args:
        tracks: at least one audio stream.

    Returns:
        The first track marked as the default; otherwise the first that is not a commentary or
        the like; otherwise the first.
    """
    number = max(range(len(tracks)), key=lambda one: (*_rank(tracks[one]), -one))
    track = tracks[number]
    if len(tracks) == 1:
        return track, None
    language = str(track.metadata.get("language", ""))
    words = ["the default"] if track.disposition & Disposition.default else []
    if re.fullmatch("[a-z]{2,3}", language) and language != "und":
        words.append(f"language {language}")
    title = f" ({', '.join(words)})" if words else ""
    return track, f"holds {len(tracks)} tracks of sound: track {number + 1}{title} is used"


def _rank(track: Any) -> tuple[bool, bool, bool]:
    readable = track.codec_context is not None
    return readable, bool(track.disposition & Disposition.default), not track.disposition & ASIDE
