"""Find the audio files in folders of clips, and name the folders."""

import os
from collections.abc import Sequence
from pathlib import Path

from reverie.audio.formats import is_audio_name
from reverie.errors import ReverieError


def audio_in(folder: Path) -> list[Path]:
    """Return every audio file in `folder` and below, by name; `folder` itself if it is a file.

    Raises:
        ReverieError: it is missing, or holds no audio.
    """
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise ReverieError(f"{folder} is not a folder of clips.", "Give folders of audio.")
    files: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders.sort()
        files += [Path(parent, name) for name in sorted(names) if is_audio_name(name)]
    if not files:
        raise ReverieError(f"{folder} holds no audio.", "Give folders of clips.")
    return files


def names_of(folders: Sequence[Path]) -> list[str]:
    """Return a name for each folder, long enough to distinguish it from the others.

    Raises:
        ReverieError: a folder is given twice.
    """
    parts = [folder.resolve().parts for folder in folders]
    for length in range(1, max(len(names) for names in parts) + 1):
        names = ["/".join(names[-length:]) for names in parts]
        if len(set(names)) == len(names):
            return names
    raise ReverieError("a folder is given twice.", "Give each folder once.")
