"""Which recordings are trained on and which are held out."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from reverie.corpus.manifest import Split


def folder_of(path: str) -> str:
    """The folder that a recording lies in, within the folder of recordings; empty for that."""
    parent = str(PurePosixPath(path).parent)
    return "" if parent == "." else parent


def split_of(
    content_hashes: Iterable[str],
    train_fraction: float,
    seed: int,
    folders: Mapping[str, str] | None = None,
) -> dict[str, Split]:
    """Divide recordings, each whole, at random but always the same way.

    Each recording's rank is a hash of the seed and of its own content: names, order and the
    machine do not matter, and adding a few recordings moves few others. Where folders are told,
    each gives its share of the held-out recordings: what is not whole in the shares goes to the
    folders that lack most of one, so that there are as many held out as without folders.

    Args:
        content_hashes: of the recordings, no two alike.
        train_fraction: how much to train on, 0 to 1; of two or more, one at least is held out
            and one at least is trained on.
        seed: chooses another division.
        folders: the folder of each content hash; None for one folder.

    Returns:
        The split of each content hash.
    """
    ranked = sorted(content_hashes, key=lambda content: _rank(seed, content))
    count = len(ranked)
    # Halves round up, so that the answer does not hang on an even or odd count.
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
        content: "train" if rank < sizes[folder] - shares[folder] else "held-out"
        for folder, inside in by_folder.items()
        for rank, content in enumerate(inside)
    }


def _shares(sizes: Mapping[str, int], total: int, fraction: float, seed: int) -> dict[str, int]:
    """How many of each folder are held out: its share rounded down or up, `total` together."""
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
