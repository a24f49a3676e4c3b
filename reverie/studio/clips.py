"""The clips of a folder: read once, and again only where a file has changed."""

import contextlib
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import soundfile

from reverie.audio.provenance import MOST_BYTES, sidecar_of
from reverie.generation.folder import SUFFIXES
from reverie.storage import open_plain

MOST_FOLDERS = 256
_PROVENANCE = ("run", "checkpoint", "epoch", "settings", "prompt", "clip", "lacks")
Version = tuple[int, int, int]


@dataclass(frozen=True)
class IndexedClip:
    """A clip as a list shows it."""

    path: Path
    version: Version
    """Times of change of the sound and of its provenance, and the sound's size."""
    changed: float
    seconds: float
    rate_hz: int
    provenance: Mapping[str, Any]
    """What its provenance says, as far as lists show it; empty if there is none."""

    @property
    def number(self) -> int:
        """The number that it is named by; 0 if it has another name."""
        stem = self.path.stem.partition("-")[0]
        return int(stem) if stem.isdecimal() and len(stem) < 19 else 0


class ClipIndex:
    """The clips of the folders looked at last."""

    def __init__(self) -> None:
        self._folders: OrderedDict[Path, dict[str, IndexedClip]] = OrderedDict()
        self._lock = threading.Lock()

    def clips(self, folder: Path) -> list[IndexedClip]:
        """Return the clips in a folder, by number and name.

        Raises:
            OSError: it cannot be read.
        """
        with self._lock:
            before = self._folders.pop(folder, {})
            now = _indexed(folder, before)
            self._folders[folder] = now
            while len(self._folders) > MOST_FOLDERS:
                self._folders.popitem(last=False)
        return sorted(now.values(), key=lambda clip: (clip.number, clip.path.name))


def sort_key(name: str, marks: Callable[[Path], Mapping[str, Any]]) -> Callable[[IndexedClip], Any]:
    """Return the key to sort clips by.

    Args:
        name: `number`, `changed`, `seconds`, `star` or `bin`.
        marks: tells the marks of a clip.
    """
    keys: dict[str, Callable[[IndexedClip], Any]] = {
        "number": lambda clip: (clip.number, clip.path.name),
        "changed": lambda clip: clip.changed,
        "seconds": lambda clip: clip.seconds,
        "star": lambda clip: not marks(clip.path).get("star", False),
        "bin": lambda clip: str(marks(clip.path).get("bin", "")),
    }
    return keys[name]


SORTS = ("number", "changed", "seconds", "star", "bin")


def _indexed(folder: Path, before: Mapping[str, IndexedClip]) -> dict[str, IndexedClip]:
    with os.scandir(folder) as entries:
        facts = {
            entry.name: entry.stat(follow_symlinks=False)
            for entry in entries
            if entry.name.endswith((*SUFFIXES, ".json")) and not entry.name.startswith(".")
        }
    now: dict[str, IndexedClip] = {}
    for name, sound in facts.items():
        if not name.endswith(SUFFIXES):
            continue
        beside = facts.get(sidecar_of(Path(name)).name)
        version = sound.st_mtime_ns, beside.st_mtime_ns if beside else 0, sound.st_size
        kept = before.get(name)
        if kept is None or kept.version != version:
            kept = _read(folder / name, version, sound.st_mtime)
        if kept is not None:
            now[name] = kept
    return now


def _read(path: Path, version: Version, changed: float) -> IndexedClip | None:
    """Read one clip; None if it is no sound."""
    try:
        with open_plain(path, "rb") as file, soundfile.SoundFile(cast(Any, file)) as about:
            seconds = float(about.frames) / int(about.samplerate)
            rate_hz = int(about.samplerate)
    except Exception:  # whatever libsndfile says of a file that is half written
        return None
    return IndexedClip(path, version, changed, round(seconds, 3), rate_hz, _told(sidecar_of(path)))


def _told(path: Path) -> dict[str, Any]:
    with contextlib.suppress(Exception), open_plain(path, "rb") as file:
        read: object = json.loads(file.read(MOST_BYTES))
        if isinstance(read, dict):
            values = cast(dict[str, Any], read)
            return {name: values[name] for name in _PROVENANCE if name in values}
    return {}
