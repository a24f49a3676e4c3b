"""Generate noise with the spectrum and level of music, as a lower anchor for listening tests.

Letters: S samples, F frequencies.
"""

from collections.abc import Sequence

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from reverie.audio.stft import frames_of, spectra_of

SPECTRUM_SECONDS = 2.0


def mean_spectrum(waves: Sequence[NDArray[np.float32]], rate_hz: int) -> NDArray[np.float64]:
    """Return the mean power [F] of the bins of a two-second transform, slightly smoothed.

    Args:
        waves: [S] each; a wave shorter than two seconds shortens the transform.
        rate_hz: samples per second.
    """
    size = min(round(SPECTRUM_SECONDS * rate_hz), *(len(one) for one in waves))
    window = np.hanning(size)
    total = np.zeros(size // 2 + 1)
    for wave in waves:
        for frame in frames_of(wave, size, size):
            total += np.abs(spectra_of(frame, window)) ** 2
    smooth = np.ones(5) / 5
    return np.convolve(total, smooth, mode="same")


def shaped_noise(
    spectrum: NDArray[np.float64], size: int, rms: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw Gaussian noise [S], S = `size`, with power spectrum [F] and level `rms`."""
    white = scipy.fft.rfft(rng.standard_normal(size))
    bins = np.linspace(0, len(spectrum) - 1, len(white))
    shaped = scipy.fft.irfft(
        white * np.sqrt(np.interp(bins, np.arange(len(spectrum)), spectrum)), size
    )
    return (shaped * rms / max(float(np.sqrt(np.mean(shaped**2))), 1e-12)).astype(np.float32)
