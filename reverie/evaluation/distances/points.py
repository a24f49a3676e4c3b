"""The embeddings of a set of clips as points in a space.

Letters: C clips, W rows (windows of all clips), E width of an embedding.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Points:
    """The embeddings of a system's clips: `rows` [W, E], and the clip of each row, [W]."""

    rows: Rows
    clips: NDArray[np.int64]

    @classmethod
    def of(cls, embedded: Sequence[NDArray[np.float32]]) -> "Points":
        """Join the rows [W, E] of each clip."""
        owners = np.repeat(np.arange(len(embedded)), [len(rows) for rows in embedded])
        return cls(np.concatenate(embedded).astype(np.float64), owners)

    @property
    def count(self) -> int:
        """The number of clips, C."""
        return int(self.clips[-1]) + 1


def diversity(points: Points) -> float:
    """Return the mean distance between rows of different clips; 0 for a single clip."""
    apart = points.clips[:, None] != points.clips[None, :]
    if not apart.any():
        return 0.0
    return float(np.sqrt(squared_distances(points.rows, points.rows))[apart].mean())


def squared_distances(x: Rows, y: Rows) -> Rows:
    """Return squared distances between all rows [W, E] and [V, E]: [W, V]."""
    squares = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1)[None, :] - 2 * x @ y.T
    return np.maximum(squares, 0.0)
