"""Find the delay between two recordings of the same sound."""

import math
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

SHARP = 2.0
"""A delay is sure if this many times more phases agree than at any other delay."""
COMPRESSED = 0.3
"""Otherwise magnitudes count, raised to this power, so that neither a loud partial nor noise
decides."""
COARSE_HZ = 4000
"""Rate of the coarse comparison."""
COARSE_BAND_HZ = (100.0, 1800.0)
APART_SECONDS = 0.01
"""Delays count as different if they are farther apart than this."""


@dataclass(frozen=True)
class Alignment:
    """The delay at which two recordings agree best."""

    whole_samples: int
    part_samples: float
    """The fraction of the delay, within half a sample."""
    polarity: float
    """1, or -1 if one recording is inverted."""
    sharpness: float
    """How many times more phases agree here than at any other delay."""


def align(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    most_samples: int,
    band_hz: tuple[float, float],
    rate_hz: int,
) -> Alignment | None:
    """Find the delay of `b` [S'] behind `a` [S] by cross-correlation.

    Args:
        a: samples.
        b: samples.
        most_samples: the longest delay, of either.
        band_hz: the frequencies that count.
        rate_hz: of both.

    Returns:
        None if one of them is silent in the band.
    """
    if not len(a) or not len(b):
        return None
    size = scipy.fft.next_fast_len(max(len(a), len(b)) + most_samples + 1, real=True)
    bins = slice(*(round(hz * size / rate_hz) for hz in band_hz))
    spectra = [scipy.fft.rfft(wave - wave.mean(), size)[bins] for wave in (a, b)]
    loudness = np.abs(spectra[0]) * np.abs(spectra[1])
    if not loudness.any():
        return None
    phases = spectra[1] * np.conj(spectra[0]) / np.maximum(loudness, 1e-12)
    across = np.zeros(size // 2 + 1, np.complex128)
    across[bins] = phases
    agreement = _lags(across, size, most_samples)
    sharpness = _sharpness(np.abs(agreement), round(APART_SECONDS * rate_hz))
    if sharpness < SHARP:
        across[bins] = phases * loudness**COMPRESSED
        agreement = _lags(across, size, most_samples)
    best = int(np.argmax(np.abs(agreement)))
    polarity = 1.0 if agreement[best] > 0 else -1.0
    return Alignment(best - most_samples, _between(polarity * agreement, best), polarity, sharpness)


def coarse_agreement(
    a: NDArray[np.int16], b: NDArray[np.int16], most_seconds: float, rate_hz: int
) -> float:
    """Estimate cheaply how well low frequencies agree at the best delay: 1 for equal samples.

    Args:
        a: int16 [S].
        b: int16 [S'].
        most_seconds: the longest delay, of either.
        rate_hz: of both.
    """
    step = max(rate_hz // COARSE_HZ, 1)
    waves = [_averaged(wave, step) for wave in (a, b)]
    if not all(len(wave) for wave in waves):
        return 0.0
    most = round(most_seconds * rate_hz / step)
    size = scipy.fft.next_fast_len(max(map(len, waves)) + most + 1, real=True)
    bins = slice(*(round(hz * size * step / rate_hz) for hz in COARSE_BAND_HZ))
    spectra = [scipy.fft.rfft(wave, size)[bins] for wave in waves]
    loudness = [np.abs(spectrum) ** COMPRESSED for spectrum in spectra]
    norm = math.sqrt(math.prod(float(np.square(levels).sum()) for levels in loudness))
    if norm == 0:
        return 0.0
    product = spectra[1] * np.conj(spectra[0])
    across = np.zeros(size // 2 + 1, product.dtype)
    across[bins] = product * np.maximum(np.abs(product), 1e-9) ** (COMPRESSED - 1)
    return float(np.abs(_lags(across, size, most)).max()) * size / 2 / norm


def _averaged(wave: NDArray[np.int16], step: int) -> NDArray[np.float32]:
    """Return the means of each `step` samples, less their overall mean."""
    count = len(wave) // step
    means = np.zeros(count, np.float32)
    # A matrix product would be slower here: its threads wait for each other on a busy machine.
    for place in range(step):
        means += wave[place : count * step : step]
    means /= step
    return means - means.mean() if len(means) else means


def _sharpness(agreement: NDArray[np.float64], apart: int) -> float:
    """Return how many times larger the maximum is than any value more than `apart` from it."""
    best = int(np.argmax(agreement))
    elsewhere = np.concatenate([agreement[: max(best - apart, 0)], agreement[best + apart + 1 :]])
    return float(agreement[best] / max(elsewhere.max(initial=0.0), 1e-12))


def _lags(across: NDArray[np.complex128], size: int, most: int) -> NDArray[np.float64]:
    """Return the correlation at each delay from -most to most samples."""
    correlation = scipy.fft.irfft(across, size)
    return np.concatenate([correlation[-most:], correlation[: most + 1]])


def _between(values: NDArray[np.float64], best: int) -> float:
    """Interpolate the position of the maximum near `best` between samples with a parabola."""
    if not 0 < best < len(values) - 1:
        return 0.0
    left, middle, right = values[best - 1 : best + 2]
    bend = left - 2 * middle + right
    return float(0.5 * (left - right) / bend) if bend < 0 else 0.0
