"""Power spectra on the mel scale, as librosa computes them: what both embeddings begin with.

Letters: S samples, C columns, N bands.
"""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from reverie.audio.mel import mel_filters
from reverie.audio.stft import hann, power_of, stft

RATE_HZ = 16000
"""Of everything that is embedded; what lies above 8 kHz is not looked at."""
FFT_SAMPLES = 512
HOP_SAMPLES = 256
CEPSTRAL_BANDS = 40
CEPSTRAL_FLOOR = 1e-8


def mel_power(wave: NDArray[np.float32], bands: int) -> NDArray[np.float32]:
    """Power in `bands` mel bands of samples [S] at 16 kHz: [C, N], a column every 16 ms.

    Windows are centred on their columns, the ends mirrored; the bands are Slaney's, each of
    unit area.

    Args:
        wave: at least 257 samples.
        bands: N.
    """
    spectra = stft(wave, hann(FFT_SAMPLES), HOP_SAMPLES, centred=True, single=True)
    return (power_of(spectra) @ mel_filters(RATE_HZ, FFT_SAMPLES, bands).T).astype(np.float32)


def cepstra(wave: NDArray[np.float32], coefficients: int) -> NDArray[np.float32]:
    """Mel-frequency cepstral coefficients of samples [S] at 16 kHz, of 40 bands in decibels.

    Returns:
        [C, coefficients], the first of them the level.
    """
    decibels = 10 * np.log10(np.maximum(mel_power(wave, CEPSTRAL_BANDS), CEPSTRAL_FLOOR))
    return scipy.fft.dct(decibels.astype(np.float32), axis=1, norm="ortho")[:, :coefficients]
