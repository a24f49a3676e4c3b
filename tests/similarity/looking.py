"""Look clips up in one wave, as a search looks them up in the index."""

import numpy as np
from numpy.typing import NDArray

from reverie.corpus.index import Search
from reverie.similarity.part import measure_piece
from reverie.similarity.stream import Excerpt


def look_up(
    search: Search, rate_hz: int, number: int, start_seconds: float, wave: NDArray[np.float32]
) -> None:
    """Look up in samples [S] of recording `number`, which begin at `start_seconds`."""
    search.look_up(measure_piece(Excerpt(0, start_seconds, wave), rate_hz), [number])
    search.settle()
