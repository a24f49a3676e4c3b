"""Take several clips away, into a folder or a zip. Each is there whole or not there."""

import dataclasses
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from reverie.audio.formats import is_audio_name
from reverie.audio.provenance import sidecar_of
from reverie.audio.writing.formats import suffix_of
from reverie.corpus.kinds import what_is
from reverie.errors import ReverieError
from reverie.generation.folder import picture_of, staging
from reverie.progress import ProgressBar
from reverie.saving.clip import SavedClip, Takeable, publish, require_free, write_clip
from reverie.saving.settings import SaveSettings
from reverie.storage import clear_disk_errors, replacing
from reverie.terminal import printable

_UNSAFE = re.compile(r'[<>:"/\\|?*]')
"""Characters that some system does not allow in names, and an archive goes to any."""
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip can hold: the same clips give the same bytes on any day."""
_LARGE_BYTES = 1 << 31


def clips_in(path: Path) -> list[Path]:
    """Return the clips that a path stands for: itself, or those of a folder or a run, by name.

    Raises:
        ReverieError: nothing is there, or it holds no clips.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise ReverieError(f"{path} does not exist.", "Give clips, or a folder of them.")
    folder = what_is(path).clips or path
    clips = sorted(clip for clip in folder.iterdir() if is_audio_name(clip.name) and clip.is_file())
    if not clips:
        raise ReverieError(f"{path} holds no clips.", "Give clips, or a folder of them.")
    return clips


def names_of(clips: Sequence[Path]) -> list[str]:
    """Return a name without suffix for each file, with as many of its folders as it takes to tell
    them apart; they differ in more than case.

    Raises:
        ReverieError: a clip is given twice, or two would have one name wherever they are saved.
    """
    parts = [(*clip.resolve().parent.parts[1:], clip.stem) for clip in clips]
    for length in range(1, max(map(len, parts), default=1) + 1):
        names = ["-".join(path[-length:]) for path in parts]
        if len({name.casefold() for name in names}) == len(names):
            return names
    first = next(one for one, path in zip(clips, parts, strict=True) if parts.count(path) > 1)
    raise ReverieError(
        f"{first} is given twice, or beside it lies another file of that name.",
        "Give each clip once.",
    )


def save_all(
    clips: Sequence[tuple[Takeable, str]], to: Path, settings: SaveSettings, *, quiet: bool = False
) -> list[SavedClip]:
    """Write clips to a zip if `to` is named like one, to a folder otherwise.

    Raises:
        ReverieError: as `save_to_folder` and `save_to_zip`.
    """
    is_zip = to.suffix.lower() == ".zip" and not to.is_dir()
    return (save_to_zip if is_zip else save_to_folder)(clips, to, settings, quiet=quiet)


def save_to_file(
    clip: Takeable, out: Path, settings: SaveSettings, *, overwrite: bool = False
) -> SavedClip:
    """Write a clip to a file of any name.

    Raises:
        ReverieError: the clip cannot be read, something is in the way, or the disk refuses.
    """
    require_free(out, picture=settings.picture, overwrite=overwrite)
    with staging(out.parent) as stage:
        saved = write_clip(clip, stage, out.stem, settings)
        publish(saved.path, out, overwrite=overwrite)
    return dataclasses.replace(saved, path=out)


def save_to_folder(
    clips: Sequence[tuple[Takeable, str]],
    folder: Path,
    settings: SaveSettings,
    *,
    quiet: bool = False,
) -> list[SavedClip]:
    """Write clips to a folder; nothing that is there is replaced.

    Args:
        clips: each with its name, without suffix.
        folder: made if it is missing.
        settings: how.
        quiet: show no progress.

    Raises:
        ReverieError: a clip cannot be read, something is in the way, or the disk refuses. What was
            saved before stays.
    """
    places = [folder / f"{name}{suffix_of(settings.format_)}" for _, name in clips]
    for place in places:
        require_free(place, picture=settings.picture)

    def keep(saved: SavedClip) -> SavedClip:
        publish(saved.path, folder / saved.path.name)
        return dataclasses.replace(saved, path=folder / saved.path.name)

    with staging(folder) as stage:
        return [*_each(clips, stage, settings, keep, quiet=quiet)]


def save_to_zip(
    clips: Sequence[tuple[Takeable, str]],
    archive: Path,
    settings: SaveSettings,
    *,
    quiet: bool = False,
) -> list[SavedClip]:
    """Write clips to a new zip, each as soon as it is made; memory does not grow with them.

    Args:
        clips: each with its name, without suffix.
        archive: which must not be there yet.
        settings: how.
        quiet: show no progress.

    Raises:
        ReverieError: a clip cannot be read, `archive` is there already, or the disk refuses. Then
            there is no archive.
    """
    if archive.exists() or archive.is_symlink():
        raise ReverieError(f"{archive} is there already.", "Choose another name for the zip.")
    safe = _distinct([_safe(name) for _, name in clips])
    named = [(clip, name) for (clip, _), name in zip(clips, safe, strict=True)]
    with (
        staging(archive.parent) as stage,
        replacing(archive) as temporary,
        clear_disk_errors(archive),
        zipfile.ZipFile(temporary, "w", allowZip64=True) as made,
    ):

        def add(saved: SavedClip) -> SavedClip:
            for path in (saved.path, sidecar_of(saved.path), picture_of(saved.path)):
                if path.exists():
                    _add(made, path)
                    path.unlink()
            return dataclasses.replace(saved, path=archive / saved.path.name)

        return [*_each(named, stage, settings, add, quiet=quiet)]


def _each(
    clips: Sequence[tuple[Takeable, str]],
    stage: Path,
    settings: SaveSettings,
    keep: Callable[[SavedClip], SavedClip],
    *,
    quiet: bool,
) -> Iterator[SavedClip]:
    """Write each clip to `stage`, and have `keep` put it where it belongs."""
    with ProgressBar("Saving", len(clips), "clips", quiet=quiet) as work:
        for clip, name in clips:
            yield keep(write_clip(clip, stage, name, settings))
            work.advance(note=name)


def _add(archive: zipfile.ZipFile, path: Path) -> None:
    entry = zipfile.ZipInfo(path.name, _ZIP_DATE)
    entry.external_attr = 0o644 << 16
    # Sounds hardly shrink, and are read faster as they are.
    is_text = path.suffix == ".json"
    entry.compress_type = zipfile.ZIP_DEFLATED if is_text else zipfile.ZIP_STORED
    large = path.stat().st_size >= _LARGE_BYTES
    with path.open("rb") as file, archive.open(entry, "w", force_zip64=large) as place:
        shutil.copyfileobj(file, place, 1 << 20)


def _safe(name: str) -> str:
    """Return a name that any system takes."""
    return _UNSAFE.sub("_", printable(name)).strip(" .") or "clip"


def _distinct(names: Sequence[str]) -> list[str]:
    """Return `names`, those that come again with a number behind them."""
    taken: set[str] = set()
    distinct: list[str] = []
    for name in names:
        number, free = 1, name
        while free.casefold() in taken:
            number += 1
            free = f"{name}-{number}"
        taken.add(free.casefold())
        distinct.append(free)
    return distinct
