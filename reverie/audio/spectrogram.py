"""Compute a clip's spectrogram in decibels, on the same scale for every clip.

Letters: S samples, B bands, C columns.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from reverie.audio.stft import (
    Wave,
    frames_at,
    hann,
    power_of,
    spectra_of,
    window_samples,
)

BANDS = 128
COLUMNS = 1000
LOWEST_HZ = 40.0
BEND_HZ = 200.0
WINDOW_SECONDS = 0.128
WINDOWS_PER_COLUMN = 6
"""At most this many evenly spread windows are averaged in a column, however long it is."""

FLOOR_DB = -140.0
_SINE_SPREAD = 1.5  # A Hann window spreads a sine's power over its neighbours by this much.
_COLUMNS_AT_ONCE = 64


def spectrogram_db(
    samples: Wave, rate_hz: int, columns: int = COLUMNS, bands: int = BANDS
) -> NDArray[np.float32]:
    """Return the power of `samples` over time and frequency, in dB; 0 dB is a full-scale sine.

    The reference is fixed, so that pictures of different clips are comparable. Memory does not
    grow with the clip: samples are read a few columns at a time.

    Args:
        samples: mono [S], floats within -1 to 1 or int16.
        rate_hz: samples per second.
        columns: the most columns; short clips have fewer.
        bands: number of bands from 40 Hz to half the rate, spaced as by `band_edges_hz`.

    Returns:
        [B, C], lowest band first, columns spread evenly over the clip.
    """
    size = window_samples(rate_hz, WINDOW_SECONDS)
    window = hann(size)
    scale = 2.0 / float(window.sum())
    filters = _filters(rate_hz, size, bands)
    wanted = int(np.clip(8 * len(samples) // size, 1, columns))
    edges = np.arange(wanted + 1) * (len(samples) / wanted)
    result = np.empty((bands, wanted), np.float32)
    for first in range(0, wanted, _COLUMNS_AT_ONCE):
        last = min(first + _COLUMNS_AT_ONCE, wanted)
        count = int(np.clip(4 * (edges[1] - edges[0]) / size, 1, WINDOWS_PER_COLUMN))
        share = (np.arange(count) + 0.5) / count
        within = (edges[1] - edges[0]) * share - size / 2
        starts: NDArray[np.float64] = np.add.outer(edges[first:last], within)
        frames = frames_at(samples, np.round(starts).astype(np.int64).ravel(), size)
        power = power_of(spectra_of(frames, window)) * scale**2
        power = power.reshape(last - first, count, -1).mean(axis=1)
        result[:, first:last] = filters @ power.T.astype(np.float32)
    decibels = 10 * np.log10(np.maximum(result, 1e-20))
    return np.maximum(decibels, FLOOR_DB).astype(np.float32)


def band_edges_hz(rate_hz: int, bands: int = BANDS) -> NDArray[np.float64]:
    """Return the corners of the bands, [B + 2]: band b rises from b, peaks at b + 1, ends at b + 2.

    Bands are evenly spaced below about `BEND_HZ`, where the transform resolves no finer ones, and
    increasingly logarithmic above, like notes.
    """
    lowest, highest = np.log1p(np.array([LOWEST_HZ, rate_hz / 2]) / BEND_HZ)
    places = lowest + (highest - lowest) * np.arange(bands + 2) / (bands + 1)
    return np.expm1(places) * BEND_HZ


@cache
def _filters(rate_hz: int, size: int, bands: int) -> NDArray[np.float32]:
    """Return triangles over the bins of a `size`-point transform, [B, size / 2 + 1]."""
    edges = band_edges_hz(rate_hz, bands)
    bins = np.fft.rfftfreq(size, 1 / rate_hz)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    # Widen narrower bands to one bin, so that each holds at least one.
    reach = rate_hz / size
    rising = (bins - centre) / np.maximum(centre - low, reach) + 1
    falling = (centre - bins) / np.maximum(high - centre, reach) + 1
    weights = np.clip(np.minimum(rising, falling), 0, 1)
    return (weights / _SINE_SPREAD).astype(np.float32)
