"""Which recordings are trained on and which are held out."""

import hashlib
from collections.abc import Iterable

from reverie.corpus.manifest import Split


def split_of(content_hashes: Iterable[str], train_fraction: float, seed: int) -> dict[str, Split]:
    """Divide recordings, each whole, at random but always the same way.

    Each recording's rank is a hash of the seed and of its own content: names, order and the
    machine do not matter, and adding a few recordings moves few others.

    Args:
        content_hashes: of the recordings, no two alike.
        train_fraction: how much to train on, 0 to 1; of two or more, one at least is held out
            and one at least is trained on.
        seed: chooses another division.

    Returns:
        The split of each content hash.
    """
    ranked = sorted(
        content_hashes,
        key=lambda content: hashlib.sha256(f"{seed}:{content}".encode()).digest(),
    )
    count = len(ranked)
    # Halves round up, so that the answer does not hang on an even or odd count.
    train = int(train_fraction * count + 0.5)
    if count >= 2:
        train = min(max(train, 1), count - 1)
    elif count:
        train = 1
    return {content: "train" if rank < train else "held-out" for rank, content in enumerate(ranked)}
