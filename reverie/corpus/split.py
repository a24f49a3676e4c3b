"""Split recordings into training and held-out ones."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from reverie.corpus.recording import Split


def folder_of(path: str) -> str:
    """Return a recording's subfolder of the folder of recordings; empty if it has none."""
    parent = str(PurePosixPath(path).parent)
    return "" if parent == "." else parent


def split_of(
    content_hashes: Iterable[str],
    train_fraction: float,
    seed: int,
    folders: Mapping[str, str] | None = None,
    chosen: Mapping[str, Split] | None = None,
) -> dict[str, Split]:
    """Split whole recordings at random, but always in the same way.

    Each recording's rank is a hash of the seed and its content: names, order and the machine do not
    matter, and adding a few recordings moves few others. With `folders`, each folder contributes
    its share of the held-out recordings. Shares are rounded by largest remainder, so that as many
    are held out as without folders.

    Args:
        content_hashes: of the recordings, all different.
        train_fraction: share to train on, 0 to 1; of two or more recordings, at least one is held
            out and at least one is trained on.
        seed: another seed gives another split.
        folders: the folder of each content hash; None treats all as one folder.
        chosen: the split of some content hashes, which counts over their rank. Those that are
            chosen to be held out come first among the held-out share.

    Returns:
        The split of each content hash.
    """
    chosen = chosen or {}
    order = {"train": 0, "held-out": 2}
    ranked = sorted(
        content_hashes,
        key=lambda content: (order.get(chosen.get(content, ""), 1), _rank(seed, content)),
    )
    count = len(ranked)
    # Round halves up, so that the result does not depend on whether the count is even.
    train = int(train_fraction * count + 0.5)
    if count >= 2:
        train = min(max(train, 1), count - 1)
    elif count:
        train = 1
    by_folder: dict[str, list[str]] = {}
    for content in ranked:
        by_folder.setdefault(folders[content] if folders else "", []).append(content)
    sizes = {folder: len(inside) for folder, inside in by_folder.items()}
    shares = _shares(sizes, count - train, 1 - train_fraction, seed)
    return {
        content: chosen.get(
            content, "train" if rank < sizes[folder] - shares[folder] else "held-out"
        )
        for folder, inside in by_folder.items()
        for rank, content in enumerate(inside)
    }


def _shares(sizes: Mapping[str, int], total: int, fraction: float, seed: int) -> dict[str, int]:
    """Return how many of each folder are held out: its share rounded down or up, `total` in all."""
    shares = {folder: min(math.floor(size * fraction), size) for folder, size in sizes.items()}
    lacking = sorted(
        sizes,
        key=lambda one: (round(shares[one] - sizes[one] * fraction, 9), _rank(seed, one)),
    )
    left = total - sum(shares.values())
    while left:
        step = 1 if left > 0 else -1
        for folder in lacking if step > 0 else reversed(lacking):
            if left and 0 <= shares[folder] + step <= sizes[folder]:
                shares[folder] += step
                left -= step
    return shares


def _rank(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}:{name}".encode("utf-8", "surrogatepass")).digest()
