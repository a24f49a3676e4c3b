"""Which of a file's tracks of sound is the recording."""

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
"""What a track beside the main one is for."""


def chosen(tracks: list[Any]) -> tuple[Any, str | None]:
    """Return the track that players take, and a note of the choice if there was one.

    Args:
        tracks: streams of sound, one at least.

    Returns:
        The first that is marked as the default; or else the first that is not a commentary or
        the like; or else the first.
    """
    number = max(range(len(tracks)), key=lambda one: (*_rank(tracks[one]), -one))
    track = tracks[number]
    if len(tracks) == 1:
        return track, None
    language = str(track.metadata.get("language", ""))
    words = ["the default"] if track.disposition & Disposition.default else []
    if re.fullmatch("[a-z]{2,3}", language) and language != "und":
        words.append(f"language {language}")
    told = f" ({', '.join(words)})" if words else ""
    return track, f"holds {len(tracks)} tracks of sound: track {number + 1}{told} is used"


def _rank(track: Any) -> tuple[bool, bool, bool]:
    readable = track.codec_context is not None
    return readable, bool(track.disposition & Disposition.default), not track.disposition & ASIDE
