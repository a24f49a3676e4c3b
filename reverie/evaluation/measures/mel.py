"""Power spectra on the mel scale, as librosa computes them: what both embeddings begin with.

Letters: S samples, C columns, N bands.
"""

from functools import cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from reverie.audio.stft import hann, power_of, stft

RATE_HZ = 16000
"""Of everything that is embedded; what lies above 8 kHz is not looked at."""
FFT_SAMPLES = 512
HOP_SAMPLES = 256
LINEAR_HZ_PER_MEL = 200 / 3
BEND_HZ = 1000.0
CEPSTRAL_BANDS = 40
CEPSTRAL_FLOOR = 1e-8
_LOG_STEP = np.log(6.4) / 27


def mel_power(wave: NDArray[np.float32], bands: int) -> NDArray[np.float32]:
    """Power in `bands` mel bands of samples [S] at 16 kHz: [C, N], a column every 16 ms.

    Windows are centred on their columns, the ends mirrored; the bands are Slaney's, each of
    unit area.

    Args:
        wave: at least 257 samples.
        bands: N.
    """
    spectra = stft(wave, hann(FFT_SAMPLES), HOP_SAMPLES, centred=True, single=True)
    return (power_of(spectra) @ _filters(bands).T).astype(np.float32)


def cepstra(wave: NDArray[np.float32], coefficients: int) -> NDArray[np.float32]:
    """Mel-frequency cepstral coefficients of samples [S] at 16 kHz, of 40 bands in decibels.

    Returns:
        [C, coefficients], the first of them the level.
    """
    decibels = 10 * np.log10(np.maximum(mel_power(wave, CEPSTRAL_BANDS), CEPSTRAL_FLOOR))
    return scipy.fft.dct(decibels.astype(np.float32), axis=1, norm="ortho")[:, :coefficients]


@cache
def _filters(bands: int) -> NDArray[np.float32]:
    """Triangles of unit area over the bins of the transform, [N, FFT_SAMPLES / 2 + 1]."""
    corners = _hertz(np.linspace(0.0, _mels(RATE_HZ / 2), bands + 2))
    bins = np.fft.rfftfreq(FFT_SAMPLES, 1 / RATE_HZ)
    low, centre, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising, falling = (bins - low) / (centre - low), (high - bins) / (high - centre)
    triangles = np.maximum(0, np.minimum(rising, falling))
    return (triangles * 2 / (high - low)).astype(np.float32)


def _mels(hertz: float) -> float:
    """Slaney's scale: linear below 1 kHz, logarithmic above."""
    bend = BEND_HZ / LINEAR_HZ_PER_MEL
    if hertz < BEND_HZ:
        return hertz / LINEAR_HZ_PER_MEL
    return bend + float(np.log(hertz / BEND_HZ) / _LOG_STEP)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    bend = BEND_HZ / LINEAR_HZ_PER_MEL
    above = BEND_HZ * np.exp(_LOG_STEP * np.maximum(mels - bend, 0))
    return np.where(mels < bend, mels * LINEAR_HZ_PER_MEL, above)
