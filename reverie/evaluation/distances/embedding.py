"""Embed clips as points in a space where similar sounds are close together.

Letters: S samples, W windows, E width of an embedding.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reverie.evaluation.measures.mel import cepstra

WINDOW_COLUMNS = 187
"""Columns of three seconds, the input of musicnn."""
SHORTEST_SECONDS = 1.0
"""A shorter clip cannot be embedded."""
COEFFICIENTS = 20


class Embedder(Protocol):
    """Embed clips in one space or several."""

    titles: Mapping[str, str]
    """The title of each space by name."""

    def embed(self, wave: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Embed samples [S] at 16 kHz, at least a second: [W, E] by space, a row for each 3 s."""
        ...


def windows(columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut windows of three seconds, evenly spread over the clip: [C, N] -> [W, 187, N].

    There are as few as cover all but less than half a window; a shorter clip is repeated to fill
    one.
    """
    count, bands = columns.shape
    if count < WINDOW_COLUMNS:
        columns = np.tile(columns, (-(-WINDOW_COLUMNS // count), 1))
        return columns[None, :WINDOW_COLUMNS]
    wanted = max(round(count / WINDOW_COLUMNS), 1)
    spare, gaps = count - WINDOW_COLUMNS, max(wanted - 1, 1)
    cut = np.empty((wanted, WINDOW_COLUMNS, bands), np.float32)
    for number, row in enumerate(cut):
        start = number * spare // gaps
        row[:] = columns[start : start + WINDOW_COLUMNS]
    return cut


class MfccStatistics:
    """Embed with mean, spread and movement of 20 cepstral coefficients, without trained weights.

    Spread is the standard deviation within the window, movement that of the change over 32 ms.
    The first coefficient, the level, is included, so that silence is far from music.
    """

    titles: Mapping[str, str] = MappingProxyType({"mfcc": "MFCC statistics"})

    def embed(self, wave: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Embed samples [S] with E = 60; see `Embedder.embed`."""
        cut = windows(cepstra(wave, COEFFICIENTS))
        change = cut[:, 2:] - cut[:, :-2]
        rows = np.concatenate([cut.mean(axis=1), cut.std(axis=1), change.std(axis=1)], axis=1)
        return {"mfcc": rows}
