"""A folder of clips: each is there whole, sound and provenance and picture, or not there.

All three are made under temporary names; the sound gets its name last, so where it is, the others
are. Clips of one number in two formats would share a provenance: there is one of each number.
"""

import contextlib
import dataclasses
import os
import re
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from reverie.audio.formats import is_audio_name
from reverie.audio.pictures.clip import save_png
from reverie.audio.provenance import (
    Provenance,
    Sidecar,
    is_sidecar,
    read_sidecar,
    sidecar_of,
    write_sidecar,
)
from reverie.audio.tags import tags_of
from reverie.audio.writing.writer import AudioWriter
from reverie.errors import ReverieError, os_reason
from reverie.storage import beside, clear_disk_errors, flush_folder, only_one, open_plain, sweep

SUFFIXES = (".wav", ".flac")
"""Of clips."""
_NUMBERED = re.compile(r"([0-9]{1,18})\.")
"""The beginning of the name of a clip, its picture or its provenance."""
_PNG_END = b"IEND\xaeB`\x82"


class TakenError(ReverieError):
    """Something else is where a clip is to be.

    Args:
        path: what is there.
        why: it is not the clip.
    """

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path} is there already, {why}.", "Choose another `out`, or give `overwrite=True`."
        )


class ClipFolder:
    """What is in a folder of clips.

    Args:
        folder: which need not be there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sounds: dict[str, list[str]] = {}
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if is_audio_name(path.name):
                self._sounds.setdefault(path.stem, []).append(path.name)

    def find(self, sound: Path, about: Provenance) -> Provenance | None:
        """The provenance of the clip `sound` if it is there; None if its place is free.

        Args:
            sound: where the clip is to be, in this folder.
            about: what its provenance must say, as far as that decides the sound.

        Raises:
            TakenError: another sound is there, or another file that the clip would replace.
        """
        sounds = self._sounds.get(sound.stem, [])
        if sound.name in sounds:
            return _whole(sound, about)
        if sounds:
            raise TakenError(self.folder / sounds[0], "a clip of that number in another format")
        told, picture = sidecar_of(sound), picture_of(sound)
        if os.path.lexists(told) and not is_sidecar(told):
            raise TakenError(told, "and is not of Reverie")
        if os.path.lexists(picture) and not os.path.lexists(told):
            raise TakenError(picture, "and is not of Reverie")
        return None


def next_number(folder: Path) -> int:
    """Return the first number above those of all files in `folder`, from 1.

    Whatever has a number for its name counts, a lone picture too, and one of another program:
    nothing is ever in the way of a clip with that number or a higher one.

    Args:
        folder: which need not be there.
    """
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    numbers = (_NUMBERED.match(name) for name in names)
    return 1 + max((int(found[1]) for found in numbers if found), default=0)


def add_clip(folder: Path, samples: NDArray[np.float32], provenance: Provenance) -> Path:
    """Write one clip as 16-bit WAV into a folder, under the next number.

    Args:
        folder: made if it is missing; held for this process meanwhile.
        samples: [C, S].
        provenance: how it was made; clipped samples are counted here.

    Returns:
        where it is.

    Raises:
        ReverieError: another process writes to the folder, or the disk refuses.
    """
    with only_one(folder), staging(folder) as stage:
        sound = folder / f"{next_number(folder):03d}.wav"
        staged = stage / sound.name
        tags = tags_of(provenance)
        with AudioWriter(staged, provenance.rate_hz, channels=len(samples), tags=tags) as writer:
            writer.write(samples)
        facts = dataclasses.replace(provenance, clipped_samples=writer.clipped_samples)
        write_sidecar(staged, Sidecar(facts))
        save_png(staged, picture_of(staged))
        publish(stage, sound)
    return sound


def picture_of(sound: Path) -> Path:
    """Where the picture of `sound` lies."""
    return sound.with_suffix(".png")


def has_picture(sound: Path) -> bool:
    """Whether a whole picture lies beside `sound`."""
    try:
        with open_plain(picture_of(sound), "rb") as file:
            file.seek(-len(_PNG_END), os.SEEK_END)
            return file.read() == _PNG_END
    except (OSError, ReverieError):
        return False


@contextmanager
def staging(folder: Path) -> Generator[Path, None, None]:
    """A temporary folder within `folder` to make clips in; errors speak of `folder` itself.

    What processes that are gone left half made in `folder` is removed.

    Raises:
        ReverieError: the disk refuses.
    """
    stage = beside(folder / "clips")
    try:
        with clear_disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            sweep(folder, below=False)
            shutil.rmtree(stage, ignore_errors=True)
            stage.mkdir()
        yield stage
    except ReverieError as error:
        problem = error.problem.replace(f"{stage}{os.sep}", f"{folder}{os.sep}")
        raise ReverieError(problem, error.remedy) from error
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(stage, ignore_errors=True)


def publish(stage: Path, sound: Path) -> None:
    """Move a clip that is whole in `stage` to where `sound` is to be, in place of what was there.

    Raises:
        ReverieError: the disk refuses.
    """
    with clear_disk_errors(sound):
        for suffix in SUFFIXES:
            sound.with_suffix(suffix).unlink(missing_ok=True)
        for target in (sidecar_of(sound), picture_of(sound), sound):
            staged = stage / target.name
            if staged.exists():
                staged.replace(target)
            else:
                target.unlink(missing_ok=True)
        flush_folder(sound.parent)


def _whole(sound: Path, about: Provenance) -> Provenance:
    if sound.is_symlink() or not sound.is_file():
        raise TakenError(sound, "and is no plain file")
    try:
        beside = read_sidecar(sound)
    except OSError as error:
        why = os_reason(error)
        raise TakenError(sound, f"and cannot be read ({why})") from error
    if beside.provenance is None:
        why = beside.doubt.rstrip(".") or "nothing beside it says how it was made"
        raise TakenError(sound, f"and {why}")
    if other := _difference(about.deciding(), beside.provenance.deciding()):
        raise TakenError(sound, other)
    return beside.provenance


def _difference(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """The first thing that `found` says otherwise than `wanted`; empty if there is none."""
    for key, value in wanted.items():
        there = found.get(key)
        if isinstance(value, dict) and isinstance(there, dict):
            inner = _difference(cast(dict[str, Any], value), cast(dict[str, Any], there))
            if inner:
                return inner
        elif there != value:
            return f"made with {key} = {str(there)[:80]}, not {value}"
    return ""
