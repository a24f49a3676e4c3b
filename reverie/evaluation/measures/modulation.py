"""Distinguish sounds that move, such as drums, from steady noise by how far their bands swing.

Letters: S samples, C columns, N bands.
"""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from reverie.audio.mel import mel_spectrogram
from reverie.audio.stft import window_samples

WINDOW_SECONDS = 0.032
BANDS = 40
BLOCK_SECONDS = 2.0
"""Swings are measured within blocks of this length, so that a fade does not count as one."""
AUDIBLE_DB = 30.0
"""Bands further below the loudest do not count."""
FLOOR_BELOW_LOUDEST_DB = 60.0
_PHASES_SEED = 0


def spectral_modulation(wave: NDArray[np.float32], rate_hz: int) -> float:
    """Return how far the bands of float samples [S] swing relative to steady noise.

    The deviation of each band's level is compared with that of the same clip with random phases,
    which is steady and has the same spectrum. The phases are drawn from a fixed seed.

    Returns:
        1 for steady noise of any spectrum, 1.1 to 5 for music and drums; 0 for silence and for a
        clip shorter than four windows.
    """
    if len(wave) < 4 * window_samples(rate_hz, WINDOW_SECONDS) or not np.any(wave):
        return 0.0
    steady = _swing_db(_with_random_phases(wave), rate_hz)
    return _swing_db(wave, rate_hz) / steady if steady else 0.0


def _with_random_phases(wave: NDArray[np.float32]) -> NDArray[np.float32]:
    spectrum = scipy.fft.rfft(wave)
    rng = np.random.default_rng(_PHASES_SEED)
    turned = np.abs(spectrum) * np.exp(2j * np.pi * rng.random(len(spectrum)))
    return scipy.fft.irfft(turned, len(wave)).astype(np.float32)


def _swing_db(wave: NDArray[np.float32], rate_hz: int) -> float:
    """Return the standard deviation over time of the audible bands' levels, in dB."""
    size = window_samples(rate_hz, WINDOW_SECONDS)
    power = mel_spectrogram(
        wave, rate_hz, fft_samples=size, hop_samples=size // 2, bands=BANDS, single=True
    )
    loudest = float(power.max())
    if not loudest:
        return 0.0
    decibels = 10 * np.log10(np.maximum(power, loudest * 10 ** (-FLOOR_BELOW_LOUDEST_DB / 10)))
    mean = power.mean(axis=0)
    audible = mean > mean.max() * 10 ** (-AUDIBLE_DB / 10)
    blocks = max(round(len(wave) / rate_hz / BLOCK_SECONDS), 1)
    parts = np.array_split(decibels[:, audible].astype(np.float64), blocks)
    return float(np.mean([part.std(axis=0).mean() for part in parts]))
