"""Distinguish tones from noise of any colour by local spectral flatness."""

import numpy as np
from numpy.typing import NDArray

from reverie.audio.stft import frames_of, hann, spectra_of, window_samples

WINDOW_SECONDS = 0.256
BINS_TOGETHER = 32
LOWEST_HZ = 60.0


def local_spectral_flatness(wave: NDArray[np.float32], rate_hz: int) -> float:
    """Return the spectral flatness of float samples [S] in narrow bands, weighted by energy.

    Flatness is the geometric mean of the power over its arithmetic mean: near 0 if a few lines
    hold the power, and 0.56 for noise in one window. Over the whole spectrum, pink or
    music-shaped noise would pass for music; within about 125 Hz all noise is flat.

    Returns:
        0 to 1; 0 for silence and for a clip shorter than a window.
    """
    size = window_samples(rate_hz, WINDOW_SECONDS)
    hop = size // 2
    window = hann(size)
    first = int(np.ceil(LOWEST_HZ * size / rate_hz))
    groups = (size // 2 - first) // BINS_TOGETHER
    weighted = total = 0.0
    for frame in frames_of(wave, size, hop):
        spectrum = spectra_of(frame, window)
        power = spectrum.real.astype(np.float64) ** 2 + spectrum.imag.astype(np.float64) ** 2
        power = power[first : first + groups * BINS_TOGETHER].reshape(groups, BINS_TOGETHER)
        mean = power.mean(axis=1)
        audible = mean > 1e-12
        flat = np.exp(np.log(power[audible] + 1e-20).mean(axis=1)) / mean[audible]
        weighted += float((flat * mean[audible]).sum())
        total += float(mean[audible].sum())
    return weighted / total if total else 0.0
