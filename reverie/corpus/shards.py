"""The files that hold a corpus's samples: appended to, never changed, replaced when hollow."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from reverie.corpus.corpus import shard_path
from reverie.storage import clear_disk_errors

SAMPLE_BYTES = 2


def shard_numbers(folder: Path) -> list[int]:
    """The numbers of the shards of the corpus in `folder`, ascending."""
    return sorted(
        int(path.stem) for path in (folder / "shards").glob("*.pcm") if path.stem.isdigit()
    )


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

    def append(self, samples: BinaryIO, size_bytes: int) -> tuple[int, int]:
        """Copy `size_bytes` of `samples` in and onto the disk.

        Returns:
            The shard's number, and the offset in it in samples.

        Raises:
            ReverieError: the disk refuses; the shard is left as it was.
        """
        path = shard_path(self.folder, self.number)
        with clear_disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            used = path.stat().st_size if path.exists() else 0
            if used and used + size_bytes > self.cap_bytes:
                self.number, used = self.number + 1, 0
                path = shard_path(self.folder, self.number)
            # A crash may have left half a sample.
            used += used % SAMPLE_BYTES
            with path.open("ab") as shard:
                shard.truncate(used)
                shard.seek(used)
                try:
                    _copy(samples, shard, size_bytes)
                    shard.flush()
                    os.fsync(shard.fileno())
                except BaseException:
                    shard.truncate(used)
                    raise
        return self.number, used // SAMPLE_BYTES


def remove_unused(folder: Path, used: Iterable[int]) -> None:
    """Delete the shards whose numbers are not in `used`."""
    for number in set(shard_numbers(folder)) - set(used):
        shard_path(folder, number).unlink(missing_ok=True)


def stored_bytes(folder: Path) -> int:
    """What all shards take on the disk."""
    return sum(shard_path(folder, number).stat().st_size for number in shard_numbers(folder))


def _copy(source: BinaryIO, target: BinaryIO, size_bytes: int) -> None:
    left = size_bytes
    while left:
        piece = source.read(min(left, 1 << 20))
        if not piece:
            raise OSError("the samples end early")
        target.write(piece)
        left -= len(piece)
