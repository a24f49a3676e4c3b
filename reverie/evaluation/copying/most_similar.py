"""The most similar rows by torch: twice as fast as numpy where bfloat16 is.

Letters: Q rows that are looked for, R rows that are looked through, F features.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from reverie.models.products import bfloat16_is_fast
from reverie.similarity.cosine import LEAST_LENGTH


class MostSimilarByTorch:
    """As `similarity.cosine.MostSimilar`; in bfloat16 where that is the faster.

    Args:
        queries: [Q, F].
    """

    def __init__(self, queries: NDArray[np.float32]) -> None:
        self._queries = _unit(queries)

    def __call__(
        self, rows: NDArray[np.float32], /
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """As `similarity.cosine.MostSimilar`."""
        similarities, places = (self._queries @ _unit(rows).T).max(dim=1)
        return similarities.float().numpy(), places.numpy()


def _unit(rows: NDArray[np.float32]) -> Tensor:
    """Rows [R, F], each of length 1 or, where it is next to nothing, 0."""
    unit = functional.normalize(torch.as_tensor(rows), dim=1, eps=LEAST_LENGTH)
    return unit.to(torch.bfloat16) if bfloat16_is_fast() else unit
