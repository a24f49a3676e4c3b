"""How a spectrum moves: what spectra are compared by.

Each band is compared after its own mean over a second is subtracted, so that two pieces in the same
key are not similar because of the key. Values are rounded to thirds of a decibel, a byte each, so
that they can be kept.
Letters: S samples, C columns of a spectrogram, N bands.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from reverie.audio.spectrogram import band_edges_hz
from reverie.similarity.band_spectra import BANDS, COLUMN_SECONDS, band_decibels

FLOOR_BELOW_LOUDEST_DB = 40.0
"""Most recordings have only noise below it."""
MEAN_COLUMNS = round(1.0 / COLUMN_SECONDS)
STEPS_PER_DB = 3.0


def moving_spectrum(
    wave: NDArray[np.float32], rate_hz: int, semitones: int = 0
) -> NDArray[np.int8]:
    """Return how the spectrum of samples [S] moves, [C, N], in thirds of a decibel.

    Args:
        wave: float samples.
        rate_hz: of them.
        semitones: transpose it by so many.
    """
    return moving_spectra(wave, rate_hz, (semitones,))[0]


def moving_spectra(
    wave: NDArray[np.float32], rate_hz: int, semitones: tuple[int, ...]
) -> list[NDArray[np.int8]]:
    """Return `moving_spectrum` for each transposition; the spectrum is computed once."""
    features = band_decibels(wave, rate_hz)
    return [_movement(_transposed(features, rate_hz, shift)) for shift in semitones]


def _transposed(features: NDArray[np.float32], rate_hz: int, semitones: int) -> NDArray[np.float32]:
    """Decibels [N, C] of the same sound transposed by `semitones`."""
    if not semitones:
        return features
    centres = band_edges_hz(rate_hz, BANDS)[1:-1]
    wanted = np.interp(centres / 2 ** (semitones / 12), centres, np.arange(BANDS))
    low = np.minimum(wanted.astype(int), BANDS - 2)
    share = (wanted - low)[:, None].astype(np.float32)
    moved = features[low] * (1 - share) + features[low + 1] * share
    return moved.astype(np.float32)


def _movement(decibels: NDArray[np.float32]) -> NDArray[np.int8]:
    """Subtract from each band its running mean over a second, and round: [N, C] -> [C, N]."""
    levels = np.maximum(decibels, decibels.max() - FLOOR_BELOW_LOUDEST_DB)
    mean = uniform_filter1d(levels, MEAN_COLUMNS, axis=1, mode="nearest")
    steps = np.rint(STEPS_PER_DB * (levels - mean)).clip(-127, 127)
    return np.ascontiguousarray(steps.astype(np.int8).T)
