"""How strongly notes begin at each moment of a recording: the mel spectral flux.

Letters: S samples, C columns, N bands.
"""

import numpy as np
from numpy.typing import NDArray

from reverie.audio.mel import mel_spectrogram
from reverie.audio.pcm import to_float32
from reverie.audio.stft import Wave, hann, window_samples

WINDOW_SECONDS = 0.032
HOP_SECONDS = 0.008
BANDS = 40
LAG_COLUMNS = 2
"""A column is compared with the one so many before it: 16 ms."""
RISE_WITHIN_WINDOW = 0.64
"""A column is strongest when the onset lies this far within its window: measured on clicks."""
FLOOR_DB = -60.0
"""Bands this far below the loudest moment count as silent."""
_COLUMNS_AT_ONCE = 4096


def hop_samples(rate_hz: int) -> int:
    """Return the samples from one column to the next: 8 ms."""
    return max(round(rate_hz * HOP_SECONDS), 1)


def first_column_seconds(rate_hz: int) -> float:
    """Return where column 0 lies, in seconds."""
    return RISE_WITHIN_WINDOW * window_samples(rate_hz, WINDOW_SECONDS) / rate_hz


def onset_strength(samples: Wave, rate_hz: int) -> NDArray[np.float32]:
    """Return how much louder the bands of `samples` become at each moment, on average, in dB.

    Memory does not grow with the recording, but for the result: it is read in pieces of half a
    minute.

    Args:
        samples: mono [S], floats within -1 to 1 or int16.
        rate_hz: samples per second.

    Returns:
        [C], a column every 8 ms, the first at `first_column_seconds`; none where S is less than
        a window.
    """
    size, hop = window_samples(rate_hz, WINDOW_SECONDS), hop_samples(rate_hz)
    columns = max((len(samples) - size) // hop + 1, 0)
    strength = np.zeros(columns, np.float32)
    # What noise as loud as the loudest moment would have in a band.
    loudest = _loudest_power(samples, size)
    floor = loudest * float(np.square(hann(size)).sum()) * size / rate_hz * 10 ** (FLOOR_DB / 10)
    if not floor:
        return strength
    for first in range(0, columns, _COLUMNS_AT_ONCE):
        before = max(first - LAG_COLUMNS, 0)
        last = min(first + _COLUMNS_AT_ONCE, columns)
        piece = to_float32(samples[before * hop : (last - 1) * hop + size])
        power = mel_spectrogram(piece, rate_hz, fft_samples=size, hop_samples=hop, bands=BANDS)
        decibels = 10 * np.log10(np.maximum(power, floor))
        rise = np.maximum(decibels[LAG_COLUMNS:] - decibels[:-LAG_COLUMNS], 0).mean(axis=1)
        strength[before + LAG_COLUMNS : last] = rise
    return strength


def _loudest_power(samples: Wave, span_samples: int) -> float:
    """Return the greatest mean square of `span_samples` next to each other."""
    at_once = _COLUMNS_AT_ONCE * span_samples
    loudest = 0.0
    for begin in range(0, len(samples) - span_samples + 1, at_once):
        piece = to_float32(samples[begin : begin + at_once])
        whole = len(piece) // span_samples * span_samples
        spans = piece[:whole].reshape(-1, span_samples)
        loudest = max(loudest, float(np.einsum("ij,ij->i", spans, spans).max()) / span_samples)
    return loudest
