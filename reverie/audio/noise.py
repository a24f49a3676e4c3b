"""Generate noise with the spectrum and level of music, steady or following it through time.

Letters: S samples, F frequencies.
"""

from collections.abc import Sequence

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from reverie.audio.stft import frames_of, hann, spectra_of, window_samples

SPECTRUM_SECONDS = 2.0
FOLLOWED_SECONDS, SMOOTHED_HZ = 0.128, 150.0
"""Noise that follows music has its spectrum in windows of this length, smoothed this far."""


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


def moving_noise(
    wave: NDArray[np.float32], rate_hz: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw noise [S] with the smoothed spectrum of float samples [S] at each moment.

    It rises, falls and pauses as the music does, without its tones.
    """
    size = window_samples(rate_hz, FOLLOWED_SECONDS)
    window, hop = hann(size), size // 4
    padded = np.pad(wave, (size, size))
    frames = frames_of(padded, size, hop)
    magnitudes = np.abs(spectra_of(frames, window))
    width = max(round(SMOOTHED_HZ * size / rate_hz), 1)
    sums = np.cumsum(np.pad(magnitudes, ((0, 0), (width, 0)), mode="edge"), axis=1)
    smooth = (sums[:, width:] - sums[:, :-width]) / width
    turned = np.asarray(smooth * np.exp(2j * np.pi * rng.random(smooth.shape)), np.complex128)
    pieces = scipy.fft.irfft(turned, size, axis=1) * window
    noise = np.zeros(len(padded))
    for at, piece in enumerate(pieces):
        noise[at * hop : at * hop + size] += piece
    noise = noise[size : size + len(wave)]
    rms, target = (float(np.sqrt(np.mean(one**2))) for one in (noise, wave))
    return (noise * target / max(rms, 1e-12)).astype(np.float32)
