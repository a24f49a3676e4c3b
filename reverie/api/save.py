"""Clips that are taken away."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.api.clip import Clip, Clips, takeable
from reverie.api.keywords import PathLike, path_of, paths_of
from reverie.audio.loops import LoopUnit
from reverie.saving.clip import ClipOnDisk, SavedClip, Takeable
from reverie.saving.selection import clips_in, names_of, save_all
from reverie.saving.settings import save_settings


@dataclass(frozen=True)
class Saved:
    """Clips that were taken away."""

    clips: tuple[SavedClip, ...]
    """Each with its file, its length, and how it was trimmed or repeats, in order."""
    archive: Path | None
    """The zip that holds them all; None if they are in a folder."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where each is; in a zip, the zip and the name in it."""
        return tuple(clip.path for clip in self.clips)

    def lines(self) -> list[str]:
        """Say of each clip where it is, how long it is, and what was done to it, line by line."""
        return [line for clip in self.clips for line in _lines(clip)]

    def as_dict(self) -> dict[str, Any]:
        """Paths, lengths, stretches and loops, as plain values."""
        return {
            "clips": [{**dataclasses.asdict(clip), "path": str(clip.path)} for clip in self.clips],
            "archive": str(self.archive) if self.archive else None,
        }


def save(
    clips: PathLike | Clip | Clips | Sequence[PathLike],
    to: PathLike,
    *,
    format: str = "wav16",  # noqa: A002
    trim: bool = False,
    loop: bool | LoopUnit = False,
    copies: bool = True,
    picture: bool = False,
    progress: bool = False,
) -> Saved:
    """Take clips away, in any format, into a folder or a zip.

    How a clip was made is written inside its file, where other programs show it, and in a JSON file
    beside it. Nothing that is there is replaced.

    Args:
        clips: a clip, several, or files; a folder or a run stands for the clips in it.
        to: a folder, or a new file named `.zip`.
        format: `wav16`, `wav24`, `wav32f`, `flac`, `flac24`, `opus` or `mp3`.
        trim: keep the best stretch of each alone, see `reverie.trim`.
        loop: cut each to a loop that repeats without a click, of whole `beats` where it has a
            pulse, or of whole `bars` of four beats; True stands for `beats`.
        copies: search the training recordings, when trimming, for what a clip repeats.
        picture: draw a PNG of each spectrum too.
        progress: show it on stderr.

    Raises:
        ReverieError: a clip cannot be read or is too short for a loop, something is in the way, or
            the disk refuses.
    """
    settings = save_settings(format, trim=trim, loop=loop, copies=copies, picture=picture)
    target = path_of(to, "to")
    saved = save_all(_named(clips), target, settings, quiet=not progress)
    archive = target if saved and saved[0].path.parent == target and target.is_file() else None
    return Saved(tuple(saved), archive)


def _named(clips: PathLike | Clip | Clips | Sequence[PathLike]) -> list[tuple[Takeable, str]]:
    """Return what to save, each with a name; clips in memory are numbered."""
    if isinstance(clips, Clip):
        clips = Clips([clips])
    if isinstance(clips, Clips) and any(clip.path is None for clip in clips):
        return [(takeable(clip), f"{number:03d}") for number, clip in enumerate(clips, 1)]
    if isinstance(clips, Clips):
        files = [clip.path for clip in clips if clip.path is not None]
    else:
        files = [file for path in paths_of(clips, "clips", "clips") for file in clips_in(path)]
    items: list[Takeable] = [ClipOnDisk(file) for file in files]
    return list(zip(items, names_of(files), strict=True))


def _lines(clip: SavedClip) -> list[str]:
    what = [f"{clip.seconds:.2f} s"]
    if clip.stretch is not None:
        what.append(f"from {clip.stretch.start_seconds:.2f} s on")
    if clip.loop is not None and clip.loop.beats:
        what.append(f"a loop of {clip.loop.beats} beats at {clip.loop.bpm:.1f} bpm")
    elif clip.loop is not None:
        what.append("a loop without a pulse")
    if clip.clipped_samples:
        what.append(f"{clip.clipped_samples} samples clipped")
    said = [f"{clip.path}  {', '.join(what)}"]
    if clip.stretch is not None and clip.stretch.sentence:
        said.append(f"    {clip.stretch.sentence}")
    if clip.note:
        said.append(f"    How it was made is not carried on: {clip.note}")
    return said
