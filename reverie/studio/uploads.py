"""Recordings that the page sends: written beside their name, then renamed; nothing is replaced."""

import contextlib
import hashlib
import os
import secrets
import shutil
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from starlette.concurrency import run_in_threadpool

from reverie.audio.formats import is_audio_name
from reverie.corpus.ours import folder_of_ours
from reverie.storage import file_sha256, flush_folder, sweep
from reverie.studio.home import Home
from reverie.studio.problems import Problem
from reverie.terminal import printable

RESERVE_BYTES = 256 << 20
"""Room on the disk that no upload takes: training writes its checkpoints there."""
LONGEST_PART_BYTES = 180
MOST_PARTS = 12
_BUFFER_BYTES = 1 << 20
_LOOK_BYTES = 64 << 20
"""Bytes between two looks at the room on the disk."""
_FORBIDDEN = set('<>:"|?*\\')
"""Characters that other systems allow in no name."""


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...


@dataclass(frozen=True)
class Uploaded:
    """What became of an upload."""

    path: Path
    is_new: bool
    """Whether it was not there before; the same file may come again."""


def target_of(home: Home, folder: str, file: str) -> Path:
    """Return where a file goes that the page sends.

    Args:
        home: the studio's folder.
        folder: the name of a folder of recordings, there or new.
        file: its path within that folder, as the browser has it; made safe.

    Raises:
        Problem: it is no recording by its name, or would lie in a folder of Reverie.
    """
    parts = [
        safe_name(part) for part in file.replace("\\", "/").split("/") if part not in ("", ".")
    ]
    if not parts or len(parts) > MOST_PARTS or ".." in file.replace("\\", "/").split("/"):
        raise Problem(400, f"{printable(file)[:200]} is no name of a recording.", "Rename it.")
    if not is_audio_name(parts[-1]):
        raise Problem(415, f"{printable(parts[-1])} is no recording by its name.", "Leave it out.")
    path = home.path("/".join([folder.rstrip("/"), *parts]))
    for above in path.parents:
        if above in home.roots:
            break
        names = [entry.name for entry in above.iterdir()] if above.is_dir() else []
        if (ours := folder_of_ours(above, names)) is not None:
            raise Problem(409, f"{home.name(above)} is {ours}.", "Choose another folder.")
    return path


def safe_name(part: str) -> str:
    """Return one part of a path without what a name may not hold; the end, with its kind, stays."""
    plain = unicodedata.normalize("NFC", part)
    plain = "".join("_" if char in _FORBIDDEN or not char.isprintable() else char for char in plain)
    plain = plain.strip(" ").lstrip(".").rstrip(". ") or "_"
    stem, dot, suffix = plain.rpartition(".")
    while len(os.fsencode(plain)) > LONGEST_PART_BYTES and stem:
        stem = stem[:-1]
        plain = f"{stem}{dot}{suffix}"
    return plain if stem or not dot else f"_{plain}"


def require_room(folder: Path, wanted_bytes: int) -> None:
    """Refuse what the disk has no room for.

    Args:
        folder: where it would go, or a folder above.
        wanted_bytes: its length.

    Raises:
        Problem: there is too little room.
    """
    free = shutil.disk_usage(_there(folder)).free
    if wanted_bytes > free - RESERVE_BYTES:
        raise Problem(
            507,
            f"The file takes {_amount(wanted_bytes)} and the disk has {_amount(free)}, of which "
            f"{_amount(RESERVE_BYTES)} stay free.",
            "Free some space, or take fewer recordings.",
        )


async def receive(pieces: AsyncIterator[bytes], path: Path, wanted_bytes: int) -> Uploaded:
    """Write a file as it arrives, and give it its name once it is whole.

    Args:
        pieces: of the file.
        path: where it goes.
        wanted_bytes: how long it is said to be; 0 where nobody says.

    Raises:
        Problem: another file is there, or the disk is full.
        Refused: the page goes away before the end.
    """
    await run_in_threadpool(_prepare, path, wanted_bytes)
    name = f".{path.name}.{secrets.token_hex(4)}.{os.getpid()}.partial"
    temporary = path.with_name(name)
    digest = hashlib.sha256()
    try:
        with temporary.open("xb") as file:
            async for block in _blocks(pieces):
                await run_in_threadpool(_write, file, block, digest, path.parent)
            await run_in_threadpool(os.fsync, file.fileno())
        return await run_in_threadpool(_publish, temporary, path, digest.hexdigest())
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


async def _blocks(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Join small pieces to larger ones, which take fewer turns of a thread."""
    held = bytearray()
    async for piece in pieces:
        held += piece
        if len(held) >= _BUFFER_BYTES:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _prepare(path: Path, wanted_bytes: int) -> None:
    require_room(path.parent, wanted_bytes)
    path.parent.mkdir(parents=True, exist_ok=True)
    # What a server that was killed left half written.
    sweep(path.parent, below=False)


def _write(file: IO[bytes], block: bytes, digest: _Digest, folder: Path) -> None:
    before = file.tell() // _LOOK_BYTES
    file.write(block)
    digest.update(block)
    if file.tell() // _LOOK_BYTES != before:
        require_room(folder, 0)


def _publish(temporary: Path, path: Path, sha256: str) -> Uploaded:
    try:
        os.link(temporary, path)  # unlike a renaming, it replaces nothing
    except FileExistsError:
        if path.is_file() and file_sha256(path) == sha256:
            return Uploaded(path, is_new=False)
        raise Problem(
            409, f"{printable(path.name)} is there already, with another content.", "Rename it."
        ) from None
    except OSError:  # a disk without hard links
        if path.exists():
            raise Problem(409, f"{printable(path.name)} is there already.", "Rename it.") from None
        temporary.rename(path)
    flush_folder(path.parent)
    return Uploaded(path, is_new=True)


def _there(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.is_dir())


def _amount(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
