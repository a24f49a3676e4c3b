"""The files of a corpus's samples: append-only, and rewritten when they are mostly unused."""

import errno
import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from reverie.errors import ReverieError
from reverie.storage import clear_disk_errors, open_plain, own_folder, require_plain

FOLDER = "shards"
SAMPLE_BYTES = 2
_PIECE_BYTES = 1 << 20
_NAME = re.compile(r"([0-9]{5,9})\.pcm")


def shard_path(folder: Path, number: int) -> Path:
    """Return the path of shard `number` of the corpus in `folder`."""
    return folder / FOLDER / f"{number:05d}.pcm"


def shard_numbers(folder: Path) -> list[int]:
    """Return the numbers of the shards of the corpus in `folder`, ascending."""
    names = (_NAME.fullmatch(path.name) for path in (folder / FOLDER).glob("*.pcm"))
    return sorted(int(name[1]) for name in names if name)


def require_plain_shards(folder: Path) -> None:
    """Refuse a corpus with links, pipes, devices or folders as shards, before writing to any.

    Raises:
        ReverieError: a shard is not a plain file.
    """
    if os.path.lexists(folder / FOLDER):
        own_folder(folder / FOLDER)
    for number in shard_numbers(folder):
        require_plain(shard_path(folder, number), "a shard of a corpus")


def samples_in(folder: Path, number: int) -> int:
    """Return how many samples shard `number` holds.

    Raises:
        ReverieError: it is missing or not a plain file.
    """
    path = shard_path(folder, number)
    if (folder / FOLDER).is_symlink():
        own_folder(folder / FOLDER)
    require_plain(path, "a shard of a corpus")
    try:
        return path.stat().st_size // SAMPLE_BYTES
    except OSError as error:
        raise _unreadable(path, error) from error


def map_shard(folder: Path, number: int) -> NDArray[np.int16]:
    """Map all samples of shard `number` of the corpus in `folder` as int16.

    Raises:
        ReverieError: it cannot be opened, or is not a plain file.
    """
    return map_samples(shard_path(folder, number), samples_in(folder, number))


def map_samples(path: Path, count: int) -> NDArray[np.int16]:
    """Map the first `count` samples of a file as int16.

    Raises:
        ReverieError: it cannot be opened, or is not a plain file.
    """
    if not count:
        return np.empty(0, np.int16)
    try:
        with open_plain(path, "rb") as file:
            # Return a plain array over the same pages, because slicing np.memmap is slow.
            return np.asarray(np.memmap(file, np.dtype("<i2"), "r", shape=(count,)))
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOMEM:
            raise ReverieError(
                f"there is not enough address space to map {path} "
                f"({count * SAMPLE_BYTES >> 20} MB).",
                "Raise the limit (ulimit -v), or prepare with smaller shards.",
            ) from error
        raise _unreadable(path, error) from error


def stored_sha256(folder: Path, shard: int, offset_samples: int, samples: int) -> str:
    """Return the SHA-256 of a stretch of a shard on the disk.

    It is read and not mapped, because a disk error in a mapping would end the process.

    Raises:
        ReverieError: the shard is missing, not a plain file, too short, or cannot be read.
    """
    path, digest = shard_path(folder, shard), hashlib.sha256()
    try:
        with open_plain(path, "rb") as file:
            file.seek(offset_samples * SAMPLE_BYTES)
            left = samples * SAMPLE_BYTES
            while left:
                piece = file.read(min(left, _PIECE_BYTES))
                if not piece:
                    raise ReverieError(f"{path} ends early.", "Prepare the corpus again.")
                digest.update(piece)
                left -= len(piece)
    except OSError as error:
        raise _unreadable(path, error) from error
    return digest.hexdigest()


class Shards:
    """Append recordings to the shards of a corpus.

    Args:
        folder: the corpus.
        cap_bytes: a recording that would make a shard larger goes into a new one; a recording
            larger than this has its own shard.
        fresh: begin a new shard instead of appending to the last.
        own: write to shards that this made itself alone, since others write to this corpus too.
    """

    def __init__(
        self, folder: Path, cap_bytes: int, *, fresh: bool = False, own: bool = False
    ) -> None:
        self.folder, self.cap_bytes, self._own, self._made = folder, cap_bytes, own, False
        numbers = shard_numbers(folder)
        last = numbers[-1] if numbers else -1
        # Numbers are never reused, so that an old journal cannot refer to a new shard.
        self.number = last + 1 if fresh or own else max(last, 0)
        self._unflushed: set[int] = set()

    def append(self, samples: IO[bytes], size_bytes: int) -> tuple[int, int]:
        """Append `size_bytes` of `samples`; `flush` writes them to the disk.

        Returns:
            The shard's number, and the offset in it in samples.

        Raises:
            ReverieError: writing fails; the shard is left unchanged.
        """
        own_folder(self.folder / FOLDER)
        if self._own and not self._made:
            self._make()
        path = shard_path(self.folder, self.number)
        with clear_disk_errors(path):
            used = path.stat().st_size if path.exists() else 0
            if used and used + size_bytes > self.cap_bytes:
                self.number, used = self.number + 1, 0
                if self._own:
                    self._make()
                path = shard_path(self.folder, self.number)
            with open_plain(path, "ab") as shard:
                # A crash may have left half a sample.
                used += used % SAMPLE_BYTES
                shard.truncate(used)
                self._unflushed.add(self.number)
                try:
                    _copy(samples, shard, size_bytes)
                    shard.flush()
                except BaseException:
                    shard.truncate(used)
                    raise
        return self.number, used // SAMPLE_BYTES

    def _make(self) -> None:
        """Make a shard, of the next number that no other process has taken.

        Raises:
            ReverieError: the disk refuses.
        """
        while True:
            path = shard_path(self.folder, self.number)
            with clear_disk_errors(path):
                try:
                    path.open("xb").close()
                except FileExistsError:
                    self.number += 1
                    continue
            self._made = True
            return

    def flush(self) -> None:
        """Write everything appended to the disk.

        Raises:
            ReverieError: the disk refuses.
        """
        while self._unflushed:
            path = shard_path(self.folder, self._unflushed.pop())
            with clear_disk_errors(path), open_plain(path, "rb") as shard:
                os.fsync(shard.fileno())


def remove_unused(folder: Path, used: Iterable[int]) -> None:
    """Delete the shards whose numbers are not in `used`.

    Raises:
        ReverieError: the disk refuses.
    """
    for number in set(shard_numbers(folder)) - set(used):
        path = shard_path(folder, number)
        with clear_disk_errors(path):
            path.unlink(missing_ok=True)


def stored_bytes(folder: Path) -> int:
    """Return the size of all shards on the disk."""
    return sum(shard_path(folder, number).stat().st_size for number in shard_numbers(folder))


def _copy(source: IO[bytes], target: IO[bytes], size_bytes: int) -> None:
    left = size_bytes
    while left:
        piece = source.read(min(left, _PIECE_BYTES))
        if not piece:
            raise OSError("the samples end early")
        target.write(piece)
        left -= len(piece)


def _unreadable(path: Path, error: Exception) -> ReverieError:
    reason = getattr(error, "strerror", None) or str(error)
    return ReverieError(f"{path} cannot be read: {reason.lower()}.", "Prepare the corpus again.")
