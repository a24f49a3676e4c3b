"""The mel scale: bands as wide as the ear's, by Slaney's formula, as librosa has them.

Letters: S samples, C columns, W samples of a window, F bins: W // 2 + 1, N bands.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from reverie.audio.stft import hann, power_of, stft

LINEAR_HZ_PER_MEL = 200 / 3
BEND_HZ = 1000.0
_LOG_STEP = np.log(6.4) / 27


def mel_spectrogram(
    wave: NDArray[np.float32],
    rate_hz: int,
    *,
    fft_samples: int,
    hop_samples: int,
    bands: int,
    centred: bool = False,
    single: bool = False,
) -> NDArray[np.floating]:
    """Return the power in mel bands of samples [S]: [C, N].

    Args:
        wave: [S].
        rate_hz: samples per second.
        fft_samples: W, of a Hann window.
        hop_samples: from one column to the next.
        bands: N.
        centred: see `stft`.
        single: see `stft`.
    """
    spectra = stft(wave, hann(fft_samples), hop_samples, centred=centred, single=single)
    return power_of(spectra) @ mel_filters(rate_hz, fft_samples, bands).T


@cache
def mel_filters(rate_hz: int, fft_samples: int, bands: int) -> NDArray[np.float32]:
    """Return triangles of unit area over the bins of a transform, [N, F].

    Args:
        rate_hz: samples per second; the bands reach from 0 to half of it.
        fft_samples: W.
        bands: N.
    """
    corners = _hertz(np.linspace(0.0, _mels(rate_hz / 2), bands + 2))
    bins = np.fft.rfftfreq(fft_samples, 1 / rate_hz)
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
