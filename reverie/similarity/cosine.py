"""The most similar of some rows, by the cosine of their angle.

A search spends nearly all of its time here, so the product may be exchanged for a faster one.
Letters: Q rows that are looked for, R rows that are looked through, F features.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

LEAST_LENGTH = 1e-6
"""A shorter row counts as one of length 0, which is like nothing."""


class MostSimilar(Protocol):
    """Rows [Q, F] that are looked for among others."""

    def __call__(
        self, rows: NDArray[np.float32], /
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """For each of the Q rows, its largest cosine similarity to any of `rows` [R, F], and the
        place of that row: [Q] each."""
        ...


MostSimilarBy = Callable[[NDArray[np.float32]], MostSimilar]
"""Makes a `MostSimilar` of rows [Q, F] of any length."""


class MostSimilarByNumpy:
    """As `MostSimilar`, in float32.

    Args:
        queries: [Q, F].
    """

    def __init__(self, queries: NDArray[np.float32]) -> None:
        self._queries = _unit(queries)

    def __call__(
        self, rows: NDArray[np.float32], /
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """As `MostSimilar`."""
        similarities = self._queries @ _unit(rows).T
        places = similarities.argmax(axis=1)
        return similarities[np.arange(len(places)), places], places


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows [R, F], each of length 1 or, where it is next to nothing, 0."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(lengths, np.float32(LEAST_LENGTH))
