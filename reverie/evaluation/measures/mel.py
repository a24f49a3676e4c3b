"""Power spectra on the mel scale, as librosa computes them: what both embeddings begin with.

Letters: S samples, C columns, N bands.
"""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from reverie.audio.mel import mel_spectrogram

RATE_HZ = 16000
"""Of everything that is embedded; what lies above 8 kHz is not looked at."""
FFT_SAMPLES = 512
HOP_SAMPLES = 256
CEPSTRAL_BANDS = 40
CEPSTRAL_FLOOR = 1e-8


def mel_power(wave: NDArray[np.float32], bands: int) -> NDArray[np.float32]:
    """Return the power in mel bands of samples [S] at 16 kHz: [C, N], a column every 16 ms.

    Windows are centred on their columns, with reflected ends; the bands are Slaney's, with unit
    area.

    Args:
        wave: at least 257 samples.
        bands: N.
    """
    return mel_spectrogram(
        wave,
        RATE_HZ,
        fft_samples=FFT_SAMPLES,
        hop_samples=HOP_SAMPLES,
        bands=bands,
        centred=True,
        single=True,
    ).astype(np.float32)


def cepstra(wave: NDArray[np.float32], coefficients: int) -> NDArray[np.float32]:
    """Return mel-frequency cepstral coefficients of samples [S] at 16 kHz, from 40 bands in dB.

    Returns:
        [C, coefficients]; the first coefficient is the level.
    """
    decibels = 10 * np.log10(np.maximum(mel_power(wave, CEPSTRAL_BANDS), CEPSTRAL_FLOOR))
    return scipy.fft.dct(decibels.astype(np.float32), axis=1, norm="ortho")[:, :coefficients]
