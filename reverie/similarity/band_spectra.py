"""A coarse spectrogram in logarithmic bands: what excerpts and repeats are compared by.

Letters: S samples, C columns, N bands.
"""

import numpy as np
from numpy.typing import NDArray

from reverie.audio.spectrogram import spectrogram_db

COLUMN_SECONDS = 0.05
BANDS = 64
FLOOR_BELOW_LOUDEST_DB = 60.0


def band_decibels(wave: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """Decibels [N, C] of samples [S], a column every 50 ms or so, floored 60 dB below the loudest.

    Args:
        wave: float samples [S].
        rate_hz: of the samples.
    """
    columns = max(round(len(wave) / rate_hz / COLUMN_SECONDS), 1)
    decibels = spectrogram_db(wave, rate_hz, columns, BANDS)
    return np.maximum(decibels, decibels.max() - FLOOR_BELOW_LOUDEST_DB)
