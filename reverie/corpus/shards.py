"""The files that hold a corpus's samples: appended to, never changed, replaced when hollow."""

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
    """Where shard `number` of the corpus in `folder` lies."""
    return folder / FOLDER / f"{number:05d}.pcm"


def shard_numbers(folder: Path) -> list[int]:
    """The numbers of the shards of the corpus in `folder`, ascending."""
    names = (_NAME.fullmatch(path.name) for path in (folder / FOLDER).glob("*.pcm"))
    return sorted(int(name[1]) for name in names if name)


def require_plain_shards(folder: Path) -> None:
    """Refuse a corpus whose shards are links, pipes, devices or folders, before any is written.

    Raises:
        ReverieError: one is.
    """
    if os.path.lexists(folder / FOLDER):
        own_folder(folder / FOLDER)
    for number in shard_numbers(folder):
        require_plain(shard_path(folder, number), "a shard of a corpus")


def samples_in(folder: Path, number: int) -> int:
    """How many samples shard `number` holds.

    Raises:
        ReverieError: it is missing, or no plain file.
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
    """All samples of shard `number` of the corpus in `folder`, int16, read as they are touched.

    Raises:
        ReverieError: it cannot be opened, or is no plain file.
    """
    path, count = shard_path(folder, number), samples_in(folder, number)
    if not count:
        return np.empty(0, np.int16)
    try:
        with open_plain(path, "rb") as file:
            # A plain array over the same pages: slices of np.memmap are slow to make.
            return np.asarray(np.memmap(file, np.dtype("<i2"), "r", shape=(count,)))
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOMEM:
            raise ReverieError(
                f"there is no room in memory's addresses to map {path} "
                f"({count * SAMPLE_BYTES >> 20} MB).",
                "Raise the limit (ulimit -v), or prepare with smaller shards.",
            ) from error
        raise _unreadable(path, error) from error


def stored_sha256(folder: Path, shard: int, offset_samples: int, samples: int) -> str:
    """SHA-256 of a stretch of a shard as it lies on the disk.

    It is read, not mapped: where the disk fails, a mapping would end the process.

    Raises:
        ReverieError: the shard is missing, no plain file, too short, or cannot be read.
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
    """Adds recordings to the shards of a corpus.

    Args:
        folder: the corpus.
        cap_bytes: a shard that would pass this gets a successor; a longer recording has a shard
            of its own.
        fresh: begin a new shard rather than go on with the last.
    """

    def __init__(self, folder: Path, cap_bytes: int, *, fresh: bool = False) -> None:
        self.folder, self.cap_bytes = folder, cap_bytes
        numbers = shard_numbers(folder)
        last = numbers[-1] if numbers else -1
        # A number is never used twice, so that an old journal cannot mistake a new shard for its.
        self.number = last + 1 if fresh else max(last, 0)
        self._unflushed: set[int] = set()

    def append(self, samples: IO[bytes], size_bytes: int) -> tuple[int, int]:
        """Copy `size_bytes` of `samples` in; `flush` brings them onto the disk.

        Returns:
            The shard's number, and the offset in it in samples.

        Raises:
            ReverieError: the disk refuses; the shard is left as it was.
        """
        own_folder(self.folder / FOLDER)
        path = shard_path(self.folder, self.number)
        with clear_disk_errors(path):
            used = path.stat().st_size if path.exists() else 0
            if used and used + size_bytes > self.cap_bytes:
                self.number, used = self.number + 1, 0
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

    def flush(self) -> None:
        """Bring all that was appended onto the disk.

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
    """What all shards take on the disk."""
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
    said = getattr(error, "strerror", None) or str(error)
    return ReverieError(f"{path} cannot be read: {said.lower()}.", "Prepare the corpus again.")
