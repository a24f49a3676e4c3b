"""What a person chose of single recordings: to leave them out, or which split they belong to."""

import dataclasses
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from reverie.corpus.discover import Discovery
from reverie.corpus.manifest import LeftOut
from reverie.corpus.music import Music
from reverie.corpus.recording import Split
from reverie.corpus.settings import PrepareSettings
from reverie.errors import ReverieError
from reverie.terminal import printable

CHOSEN = "left out by choice"
_FIELDS = ("leave_out", "hold_out", "train_on")


def applied(
    settings: PrepareSettings, music: Music, discovery: Discovery, analysed: Collection[str]
) -> PrepareSettings:
    """Note in `discovery` what is left out by choice; return the settings with names resolved.

    Args:
        settings: with the choices.
        music: the recordings.
        discovery: everything found in it.
        analysed: paths of files that were analysed before.

    Raises:
        ReverieError: as `resolved`.
    """
    settings = resolved(settings, music, discovery)
    leave_out(settings, discovery, analysed)
    return settings


def resolved(settings: PrepareSettings, music: Music, discovery: Discovery) -> PrepareSettings:
    """Return the settings with each chosen file or folder named from the folder of recordings.

    Args:
        settings: which may also name them from the current folder.
        music: the recordings.
        discovery: everything found in it.

    Raises:
        ReverieError: one of them is not there, or is chosen for two things.
    """
    known = {file.path for file in discovery.files}
    known |= {one.path for one in discovery.refused} | {one.name for one in discovery.left_out}
    chosen = {
        field: tuple(dict.fromkeys(_named(name, field, music, known) for name in names))
        for field in _FIELDS
        if (names := getattr(settings, field))
    }
    for name in set(chosen.get("hold_out", ())) & set(chosen.get("train_on", ())):
        raise ReverieError(
            f"{printable(name)} is to be held out and to be trained on.", "Choose one of them."
        )
    return dataclasses.replace(settings, **chosen)


def chosen_split(settings: PrepareSettings, path: str) -> Split | None:
    """Return the split that was chosen for the recording `path`, or for a folder it lies in.

    The recording itself counts over its folder, and an inner folder over an outer one.
    """
    for name in _within(path):
        if name in settings.hold_out:
            return "held-out"
        if name in settings.train_on:
            return "train"
    return None


def leave_out(settings: PrepareSettings, discovery: Discovery, analysed: Collection[str]) -> None:
    """Note in `discovery` what is left out by choice.

    Files that are `analysed` already are kept, so that choosing them again takes no time.
    """
    chosen = {file.path for file in discovery.files if _is_in(file.path, settings.leave_out)}
    discovery.left_out += [LeftOut(path, CHOSEN) for path in sorted(chosen)]
    discovery.files = [
        file for file in discovery.files if file.path not in chosen or file.path in analysed
    ]


def _is_in(path: str, names: Collection[str]) -> bool:
    return bool(names) and any(name in names for name in _within(path))


def _within(path: str) -> tuple[str, ...]:
    """The path itself and the folders it lies in, the innermost first."""
    return path, *map(str, PurePosixPath(path).parents)


def _named(name: str, field: str, music: Music, known: Collection[str]) -> str:
    """Return the path of a chosen file or folder from the folder of recordings."""
    candidates = [PurePosixPath(name).as_posix()]
    if music.folder is None:
        candidates.append(name.removeprefix(f"{music.source}/").rstrip("/"))
    else:
        base = music.folder if music.folder.is_dir() else music.folder.parent
        real, root = Path(name).resolve(), base.resolve()
        if root in real.parents:
            candidates.append(real.relative_to(root).as_posix())
    for candidate in candidates:
        if candidate in known or any(path.startswith(f"{candidate}/") for path in known):
            return candidate
    raise ReverieError(
        f"{printable(name)} is not in {music.folder or music.source}.",
        f"Name a recording or a folder there in `{field}`.",
    )
