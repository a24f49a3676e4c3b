"""Compute a coarse spectrogram in logarithmic bands, to compare excerpts and repeats.

Letters: S samples, C columns, N bands.
"""

import numpy as np
from numpy.typing import NDArray

from reverie.audio.spectrogram import spectrogram_db

COLUMN_SECONDS = 0.05
BANDS = 64
FLOOR_BELOW_LOUDEST_DB = 60.0


def band_decibels(wave: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """Compute decibels [N, C] of samples [S], a column about every 50 ms, with a floor at -60 dB.

    The floor is relative to the loudest value.

    Args:
        wave: float samples [S].
        rate_hz: of the samples.
    """
    columns = max(round(len(wave) / rate_hz / COLUMN_SECONDS), 1)
    decibels = spectrogram_db(wave, rate_hz, columns, BANDS)
    return np.maximum(decibels, decibels.max() - FLOOR_BELOW_LOUDEST_DB)
