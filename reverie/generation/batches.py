"""Batches of clips in a folder: each call goes on numbering, and one that was stopped is finished.

A call makes a batch: so many clips, numbered one after another, from one random seed. While it is
at work a small file, `.batch-006.json`, says what was asked for; it goes once all clips are there.
The same request made again therefore finishes the batch if its file is there, and otherwise makes
other clips, with higher numbers.
"""

import hashlib
import json
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from reverie.audio.formats import is_audio_name
from reverie.errors import ReverieError
from reverie.generation.folder import next_number
from reverie.records import JsonObject, read_record
from reverie.storage import clear_disk_errors, write_json

_MARKER = re.compile(r"\.batch-[0-9]{3,18}\.json")
_SEED_BYTES = 4
"""A later seed has at most ten digits, so that it can be typed."""


@dataclass(frozen=True)
class Batch:
    """Clips that one call makes."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    first: Annotated[int, Field(ge=1)]
    """Number of the first clip."""
    count: Annotated[int, Field(ge=1)]
    """How many clips."""
    seed: Annotated[int, Field(ge=0)]
    """Seed of every random draw."""
    request: JsonObject
    """What was asked for: plain JSON values by name."""

    @property
    def numbers(self) -> range:
        """The numbers of its clips."""
        return range(self.first, self.first + self.count)


def later_seed(seed: int, first: int) -> int:
    """Return the random seed of a batch whose first clip has the number `first`.

    A folder's first batch has `seed` itself. A later one has a number made of both, so that no
    two batches of a folder draw alike, not even those of the seeds 0 and 5 after five clips.
    Given as the seed of a new folder's first batch, that number makes the same clips.
    """
    if first == 1:
        return seed
    digest = hashlib.sha256(f"{seed} {first}".encode()).digest()
    return int.from_bytes(digest[:_SEED_BYTES], "big")


def unfinished_batches(folder: Path) -> list[Batch]:
    """Return the batches of `folder` of which some clips are there and some are missing.

    A file that is damaged says nothing and is left alone.

    Args:
        folder: which need not be there.
    """
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    there = {int(name.split(".")[0]) for name in names if _is_numbered_sound(name)}
    found: list[Batch] = []
    for name in names:
        if not _MARKER.fullmatch(name):
            continue
        try:
            batch = read_record(folder / name, Batch, "an unfinished batch of clips")
        except ReverieError:
            continue
        if 0 < len(there.intersection(batch.numbers)) < batch.count:
            found.append(batch)
    return found


@contextmanager
def batch_in(
    folder: Path, seed: int, count: int, request: Mapping[str, Any]
) -> Generator[Batch, None, None]:
    """Give the batch that a call makes in `folder`, and note in the folder until it is made.

    If an earlier call with the same request was stopped after some of its clips, that is its
    batch, with its seed and numbers. Otherwise it is a new one, numbered above every file there
    and above the clips that other batches lack. If the caller fails before the first clip, nothing
    remains of the batch.

    Args:
        folder: of clips, which exists, and which the caller holds for itself.
        seed: that was asked for; `later_seed` is applied to it.
        count: how many clips.
        request: what decides the clips besides, as plain JSON values by name.

    Raises:
        ReverieError: the disk refuses.
    """
    asked: dict[str, Any] = json.loads(json.dumps({**request, "seed": seed, "count": count}))
    unfinished = unfinished_batches(folder)
    batch = next((one for one in unfinished if one.request == asked), None)
    if batch is None:
        first = max([next_number(folder), *(one.numbers.stop for one in unfinished)])
        batch = Batch(first, count, later_seed(seed, first), asked)
    marker = folder / f".batch-{batch.first:03d}.json"
    write_json(marker, asdict(batch))
    try:
        yield batch
    finally:
        # What is unfinished keeps its file, for the same request to find.
        if batch not in unfinished_batches(folder):
            with clear_disk_errors(marker):
                marker.unlink(missing_ok=True)


def _is_numbered_sound(name: str) -> bool:
    stem = name.split(".", maxsplit=1)[0]
    return is_audio_name(name) and stem.isascii() and stem.isdigit()
