"""The bootstrap's draws (Efron 1979), for whoever puts an interval around a figure.

Letters: N things drawn from, R resamples.
"""

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000


def resampled_counts(many: int, resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each of `many` comes in draws of as many with replacement: [R, N]."""
    return rng.multinomial(many, np.full(many, 1 / many), resamples).astype(np.float64)
