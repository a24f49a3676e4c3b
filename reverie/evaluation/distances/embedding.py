"""Embeddings: a clip as a few points in a space where similar sounds are near each other.

Letters: S samples, W windows, E width of an embedding.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reverie.evaluation.measures.mel import cepstra

WINDOW_COLUMNS = 187
"""Three seconds, the input of musicnn."""
SHORTEST_SECONDS = 1.0
"""A shorter clip cannot be embedded."""
COEFFICIENTS = 20


class Embedder(Protocol):
    """Turns clips into points, in one space or in several."""

    titles: Mapping[str, str]
    """By name of each of its spaces: its title."""

    def embed(self, wave: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Samples [S] at 16 kHz, a second or more -> [W, E] by name, a row for each 3 seconds."""
        ...


def windows(columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """[C, N] -> [W, 187, N]: windows of three seconds spread evenly over the clip.

    As few as cover it but for less than half a window; a shorter clip is repeated to fill one.
    """
    count, bands = columns.shape
    if count < WINDOW_COLUMNS:
        columns = np.tile(columns, (-(-WINDOW_COLUMNS // count), 1))
        return columns[None, :WINDOW_COLUMNS]
    wanted = max(round(count / WINDOW_COLUMNS), 1)
    spare, gaps = count - WINDOW_COLUMNS, max(wanted - 1, 1)
    found = np.empty((wanted, WINDOW_COLUMNS, bands), np.float32)
    for number, row in enumerate(found):
        start = number * spare // gaps
        row[:] = columns[start : start + WINDOW_COLUMNS]
    return found


class MfccStatistics:
    """Mean, spread and movement of 20 mel-frequency cepstral coefficients: needs no weights.

    Spread is the standard deviation within the window, movement that of the change over 32 ms.
    The first coefficient, the level, is kept: silence is far from music.
    """

    titles: Mapping[str, str] = MappingProxyType({"mfcc": "MFCC statistics"})

    def embed(self, wave: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """As `Embedder.embed`; E = 60."""
        cut = windows(cepstra(wave, COEFFICIENTS))
        change = cut[:, 2:] - cut[:, :-2]
        rows = np.concatenate([cut.mean(axis=1), cut.std(axis=1), change.std(axis=1)], axis=1)
        return {"mfcc": rows}
