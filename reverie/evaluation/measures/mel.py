"""Compute power spectra on the mel scale as librosa does, as the input of both embeddings.

Letters: S samples, C columns, N bands.
"""

from functools import cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from reverie.audio.stft import hann, power_of, stft

RATE_HZ = 16000
"""Rate of all embedded audio; content above 8 kHz is ignored."""
FFT_SAMPLES = 512
HOP_SAMPLES = 256
LINEAR_HZ_PER_MEL = 200 / 3
BEND_HZ = 1000.0
CEPSTRAL_BANDS = 40
CEPSTRAL_FLOOR = 1e-8
_LOG_STEP = np.log(6.4) / 27


def mel_power(wave: NDArray[np.float32], bands: int) -> NDArray[np.float32]:
    """Return the power in mel bands of samples [S] at 16 kHz: [C, N], a column every 16 ms.

    Windows are centred on their columns, with reflected ends; the bands are Slaney's, with unit
    area.

    Args:
        wave: at least 257 samples.
        bands: N.
    """
    spectra = stft(wave, hann(FFT_SAMPLES), HOP_SAMPLES, centred=True, single=True)
    return (power_of(spectra) @ _filters(bands).T).astype(np.float32)


def cepstra(wave: NDArray[np.float32], coefficients: int) -> NDArray[np.float32]:
    """Return mel-frequency cepstral coefficients of samples [S] at 16 kHz, from 40 bands in dB.

    Returns:
        [C, coefficients]; the first coefficient is the level.
    """
    decibels = 10 * np.log10(np.maximum(mel_power(wave, CEPSTRAL_BANDS), CEPSTRAL_FLOOR))
    return scipy.fft.dct(decibels.astype(np.float32), axis=1, norm="ortho")[:, :coefficients]


@cache
def _filters(bands: int) -> NDArray[np.float32]:
    """Return triangles of unit area over the bins of the transform, [N, FFT_SAMPLES / 2 + 1]."""
    corners = _hertz(np.linspace(0.0, _mels(RATE_HZ / 2), bands + 2))
    bins = np.fft.rfftfreq(FFT_SAMPLES, 1 / RATE_HZ)
    low, centre, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising, falling = (bins - low) / (centre - low), (high - bins) / (high - centre)
    triangles = np.maximum(0, np.minimum(rising, falling))
    return (triangles * 2 / (high - low)).astype(np.float32)


def _mels(hertz: float) -> float:
    """Convert to Slaney's scale, which is linear below 1 kHz and logarithmic above."""
    bend = BEND_HZ / LINEAR_HZ_PER_MEL
    if hertz < BEND_HZ:
        return hertz / LINEAR_HZ_PER_MEL
    return bend + float(np.log(hertz / BEND_HZ) / _LOG_STEP)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    bend = BEND_HZ / LINEAR_HZ_PER_MEL
    above = BEND_HZ * np.exp(_LOG_STEP * np.maximum(mels - bend, 0))
    return np.where(mels < bend, mels * LINEAR_HZ_PER_MEL, above)
