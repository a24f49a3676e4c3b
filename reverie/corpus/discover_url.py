"""Find the recordings at an URL, from what its store lists."""

import hashlib
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from reverie.audio.formats import is_audio_name
from reverie.corpus.discover import Discovery, Found, counted_suffix
from reverie.corpus.manifest import LeftOut, Refusal
from reverie.corpus.ours import CLIP, MOST_BYTES, clip_hash, folder_of_ours
from reverie.corpus.unsearched import unsearched_file, unsearched_folder
from reverie.remote.entries import Entry
from reverie.remote.store import Store
from reverie.remote.urls import url_name
from reverie.storage import clear_disk_errors

MARKS = ("manifest.json", "config.json", "experiment.json", "test.json")
"""Files that say which of Reverie's folders a folder is."""
REQUESTS = 16
"""Small files asked for at once."""


def discover_url(store: Store, notes: Path) -> tuple[Discovery, dict[str, Entry]]:
    """Search what lies at an URL, as `discover` searches a folder.

    A clip is known by the provenance beside it; one whose provenance lies elsewhere is known by its
    tags once it is decoded, and refused there.

    Args:
        store: of the URL of a folder, or of one recording.
        notes: a folder for what says of folders and sounds that they are Reverie's.

    Returns:
        Everything found, by path; and what the store says of each file.

    Raises:
        ReverieError: nothing is there, or the store does not answer.
    """
    listed = store.listing()
    if not listed:
        entry = store.entry()
        name = url_name(store.url)
        return Discovery(files=[_found(name, entry)]), {name: entry}
    folders: dict[str, list[str]] = {}
    for name in listed:
        folders.setdefault(name.rpartition("/")[0], []).append(name.rpartition("/")[2])
    _fetch_notes(store, listed, folders, notes)
    found, unsearched = Discovery(), _unsearched(folders, notes)
    found.left_out += [LeftOut(folder or ".", what) for folder, what in unsearched.items()]
    sized: dict[str, Entry] = {}
    for folder, names in folders.items():
        if not any(within in unsearched for within in _within(folder)):
            for name in names:
                _look_at(f"{folder}/{name}" if folder else name, listed, store, notes, found, sized)
    found.files.sort(key=lambda one: one.path)
    found.refused.sort(key=lambda one: one.path)
    found.left_out.sort(key=lambda one: one.name)
    return found, sized


def _look_at(
    path: str,
    listed: Mapping[str, Entry],
    store: Store,
    notes: Path,
    found: Discovery,
    sized: dict[str, Entry],
) -> None:
    name, entry = path.rpartition("/")[2], listed[path]
    if not is_audio_name(name.lstrip("._")):
        found.ignored[counted_suffix(name)] += 1
    elif hidden := unsearched_file(name):
        found.left_out.append(LeftOut(path, hidden))
    elif any(clip_hash(notes / beside) for beside in _beside(path)):
        found.left_out.append(LeftOut(path, CLIP))
    else:
        if entry.size is None or not entry.version:
            entry = store.entry(path)  # lists of some stores have names alone
        if entry.size == 0:
            found.refused.append(Refusal(path, "empty: it holds 0 bytes"))
        else:
            sized[path] = entry
            found.files.append(_found(path, entry))


def _found(path: str, entry: Entry) -> Found:
    """Tell of a file by what changes with it: its version stands for the times and the inode."""
    digest = hashlib.sha256(entry.version.encode()).digest()
    version = [int.from_bytes(digest[at : at + 7], "big") for at in (0, 7, 14)]
    return Found(path, entry.size or 0, *version)


def _unsearched(folders: Mapping[str, Collection[str]], notes: Path) -> dict[str, str]:
    """Return which folders are not searched, and why; folders within them are not told."""
    below: dict[str, set[str]] = {}
    for folder, names in folders.items():
        below.setdefault(folder, set()).update(names)
        for within in _within(folder):
            if within:
                above, _, name = within.rpartition("/")
                below.setdefault(above, set()).add(name)
    unsearched: dict[str, str] = {}
    for folder in sorted(below):
        if any(within in unsearched for within in _within(folder)):
            continue
        name = folder.rpartition("/")[2]
        what = folder_of_ours(notes / folder, below[folder])
        if what := what or (unsearched_folder(name) if name else None):
            unsearched[folder] = what
    return unsearched


def _fetch_notes(
    store: Store,
    listed: Mapping[str, Entry],
    folders: Mapping[str, Collection[str]],
    notes: Path,
) -> None:
    """Bring here the beginnings of small files that say what is Reverie's own."""
    wanted = [
        f"{folder}/{mark}" if folder else mark
        for folder, names in folders.items()
        for mark in MARKS
        if mark in names
    ]
    wanted += [
        beside
        for path in listed
        if is_audio_name(path)
        for beside in _beside(path)
        if beside in listed
    ]

    def fetch(name: str) -> None:
        size = listed[name].size
        content = (
            store.read(name, MOST_BYTES)
            if size is None
            else b"".join(store.pieces(name, listed[name], 0, min(size, MOST_BYTES)))
        )
        target = notes / name
        with clear_disk_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    with ThreadPoolExecutor(REQUESTS) as pool:
        for _ in pool.map(fetch, dict.fromkeys(wanted)):
            pass


def _beside(path: str) -> tuple[str, str]:
    return PurePosixPath(path).with_suffix(".json").as_posix(), f"{path}.json"


def _within(folder: str) -> list[str]:
    """Return the folder and all above it, from the innermost to the outermost, which is empty."""
    parts = folder.split("/") if folder else []
    return ["/".join(parts[:count]) for count in range(len(parts), -1, -1)]
