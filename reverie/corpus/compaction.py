"""Remove unused samples of deleted and changed recordings from the shards."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from reverie.corpus.journal import Entry
from reverie.corpus.shards import SAMPLE_BYTES, Shards, remove_unused, shard_path, stored_bytes
from reverie.errors import ReverieError
from reverie.storage import open_plain


def compacted(folder: Path, entries: Sequence[Entry], cap_bytes: int) -> list[Entry] | None:
    """Copy all samples in use to new shards if more than half of the stored samples are unused.

    The old shards stay until `remove_unused`, so that the current manifest stays valid.

    Args:
        folder: the corpus.
        entries: all entries in use.
        cap_bytes: largest size of a shard.

    Returns:
        `entries` with their new places; None if nothing needs to move, or the disk is full.
    """
    stretches = {
        (entry.shard, entry.offset_samples): entry.analysed.values
        for entry in entries
        if entry.analysed
    }
    if stored_bytes(folder) <= 2 * SAMPLE_BYTES * sum(stretches.values()):
        return None
    shards, kept = Shards(folder, cap_bytes, fresh=True), {entry.shard for entry in entries}
    moved: dict[tuple[int, int], tuple[int, int]] = {}
    try:
        for (number, offset), samples in sorted(stretches.items()):
            with open_plain(shard_path(folder, number), "rb") as old:
                old.seek(offset * SAMPLE_BYTES)
                moved[number, offset] = shards.append(old, samples * SAMPLE_BYTES)
        shards.flush()
    except (OSError, ReverieError):
        # Without room for the copies, keep the old shards with their unused samples.
        remove_unused(folder, kept)
        return None
    return [_moved(entry, moved) for entry in entries]


def _moved(entry: Entry, moved: dict[tuple[int, int], tuple[int, int]]) -> Entry:
    if entry.analysed is None:
        return entry
    shard, offset = moved[entry.shard, entry.offset_samples]
    return dataclasses.replace(entry, shard=shard, offset_samples=offset)
