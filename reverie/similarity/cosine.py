"""Find the most similar rows by cosine similarity.

A search spends nearly all of its time here, so a faster product may replace this one.
Letters: Q query rows, R rows that are searched, F features.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

LEAST_LENGTH = 1e-6
"""A shorter row counts as zero, which is similar to nothing."""


class MostSimilar(Protocol):
    """A search for query rows [Q, F]."""

    def __call__(
        self, rows: NDArray[np.float32], /
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """For each query, return its largest cosine similarity to any of `rows` [R, F], and the
        index of that row: [Q] each."""
        ...


MostSimilarBy = Callable[[NDArray[np.float32]], MostSimilar]
"""Creates a `MostSimilar` for queries [Q, F], which need not have unit length."""


class MostSimilarByNumpy:
    """Implement `MostSimilar` with numpy, in float32.

    Args:
        queries: [Q, F].
    """

    def __init__(self, queries: NDArray[np.float32]) -> None:
        self._queries = _unit(queries)

    def __call__(
        self, rows: NDArray[np.float32], /
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Search `rows` [R, F]; see `MostSimilar`."""
        similarities = self._queries @ _unit(rows).T
        places = similarities.argmax(axis=1)
        return similarities[np.arange(len(places)), places], places


def cosines(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the cosine similarity of each row of `a` to the same row of `b`: [R, F] -> [R]."""
    return np.einsum("rf,rf->r", _unit(a), _unit(b))


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows [R, F] to length 1; rows that are nearly zero become zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(lengths, np.float32(LEAST_LENGTH))
