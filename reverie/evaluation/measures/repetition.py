"""Measure whether a clip's spectrum stays the same over time (frozen) or repeats (looping)."""

import numpy as np
from numpy.typing import NDArray

from reverie.similarity.band_spectra import band_decibels

SHORTEST_LOOP_SECONDS = 0.3


def half_second_spectral_distance_db(wave: NDArray[np.float32], rate_hz: int) -> float:
    """Return the mean deviation of half-second spectra of samples [S] from their mean, in dB.

    The level of each half second is subtracted first, so that a decaying chord counts as frozen.
    Only bands within 30 dB of the loudest count. A clip shorter than a second gives 0.
    """
    halves = len(wave) * 2 // rate_hz
    if halves < 2:
        return 0.0
    power = 10 ** (band_decibels(wave, rate_hz) / 10)
    spans = np.array_split(power, halves, axis=1)
    spectra = 10 * np.log10(np.stack([span.mean(axis=1) for span in spans], axis=1))
    mean = spectra.mean(axis=1)
    audible = mean > mean.max() - 30
    shapes = spectra[audible] - spectra[audible].mean(axis=0)
    return float(np.abs(shapes - shapes.mean(axis=1, keepdims=True)).mean())


def strongest_repeat(wave: NDArray[np.float32], rate_hz: int) -> tuple[float, float]:
    """Find the delay at which a clip resembles itself most.

    This is the maximum of the spectrogram's autocorrelation, without mean and trend, at delays from
    0.3 s to half the clip.

    Args:
        wave: float samples [S].
        rate_hz: of the samples.

    Returns:
        The correlation, 1 for an exact loop, and the delay in seconds; (0, 0) if the clip is too
        short.
    """
    features = band_decibels(wave, rate_hz).astype(np.float64)
    columns = features.shape[1]
    # A fading sound resembles itself at every delay unless its trend is removed.
    time: NDArray[np.float64] = np.linspace(-1, 1, columns)
    slope = features @ time / float(time @ time)
    features = features - features.mean(axis=1, keepdims=True) - np.outer(slope, time)
    step = len(wave) / rate_hz / columns
    first, last = int(np.ceil(SHORTEST_LOOP_SECONDS / step)), columns // 2
    best, delay = 0.0, 0
    for lag in range(first, last + 1):
        early, late = features[:, :-lag], features[:, lag:]
        size = float(np.sqrt((early**2).sum() * (late**2).sum()))
        similarity = float((early * late).sum()) / size if size else 0.0
        if similarity > best + 1e-3:
            best, delay = similarity, lag
    return best, delay * step
