"""What a clip looks like: its spectrogram in decibels, on one scale for every clip.

Letters: S samples, B bands, C columns. numpy only; `picture.py` draws, and is imported only
when something is drawn, for matplotlib takes its time.
"""

from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32

BANDS = 128
COLUMNS = 1000
LOWEST_HZ = 40.0
BEND_HZ = 200.0
WINDOW_SECONDS = 0.128
WINDOWS_PER_COLUMN = 6
"""At most so many windows, spread evenly, are averaged to a column, however long it lasts."""

FLOOR_DB = -140.0
_SINE_SPREAD = 1.5  # A Hann window spreads a sine's power over its neighbours by this much.
_COLUMNS_AT_ONCE = 64


class Wave(Protocol):
    """Mono samples [S] by spans: an array, a memory map, or a file read where it is needed."""

    def __len__(self) -> int: ...

    def __getitem__(self, span: slice, /) -> NDArray[Any]: ...


def save_spectrogram(audio: Path, picture: Path) -> None:
    """Draw waveform and spectrogram of the mono WAV or FLAC file `audio` to the PNG `picture`.

    Memory does not grow with its length.

    Raises:
        ReverieError: `picture` cannot be written.
    """
    from reverie.audio.pictures.clip import save_png  # noqa: PLC0415

    save_png(audio, picture)


def spectrogram_image(samples: Wave, rate_hz: int) -> NDArray[np.uint8]:
    """The same picture of mono `samples` [S] as an array, uint8 [height, width, 3]."""
    from reverie.audio.pictures.clip import draw_rgb  # noqa: PLC0415

    return draw_rgb(samples, rate_hz)


def spectrogram_db(
    samples: Wave, rate_hz: int, columns: int = COLUMNS, bands: int = BANDS
) -> NDArray[np.float32]:
    """The power of `samples` over time and frequency, in dB; 0 dB is a full-scale sine.

    The reference is fixed, so that pictures of different clips compare. Memory does not grow
    with the clip: samples are read a few columns at a time, from a memory map if they are one.

    Args:
        samples: mono [S], floats within -1 to 1 or int16.
        rate_hz: samples per second.
        columns: the most columns wanted; short clips have fewer.
        bands: how many bands from 40 Hz to half the rate, spaced as `band_edges_hz` says.

    Returns:
        [B, C], lowest band first, columns spread evenly over the clip.
    """
    size = window_samples(rate_hz)
    window = np.hanning(size + 1)[:-1].astype(np.float32)
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
        blocks = _blocks(samples, np.round(starts).astype(np.int64).ravel(), size)
        spectra = np.fft.rfft(blocks * window)
        power = (spectra.real**2 + spectra.imag**2) * scale**2
        power = power.reshape(last - first, count, -1).mean(axis=1)
        result[:, first:last] = filters @ power.T.astype(np.float32)
    decibels = 10 * np.log10(np.maximum(result, 1e-20))
    return np.maximum(decibels, FLOOR_DB).astype(np.float32)


def window_samples(rate_hz: int, seconds: float = WINDOW_SECONDS) -> int:
    """The size of an analysis window: the power of two next to `seconds`."""
    return 1 << round(float(np.log2(rate_hz * seconds)))


def band_edges_hz(rate_hz: int, bands: int = BANDS) -> NDArray[np.float64]:
    """The corners of the bands, [B + 2]: band b rises from b, peaks at b + 1, ends at b + 2.

    Evenly spaced below about `BEND_HZ`, where a finer band would not be resolved, and more and
    more by octaves above, as notes are.
    """
    lowest, highest = np.log1p(np.array([LOWEST_HZ, rate_hz / 2]) / BEND_HZ)
    places = lowest + (highest - lowest) * np.arange(bands + 2) / (bands + 1)
    return np.expm1(places) * BEND_HZ


def _blocks(samples: Wave, starts: NDArray[np.int64], size: int) -> NDArray[np.float32]:
    """The `size` samples from each of `starts`, [len(starts), size], zeros outside the clip."""
    result = np.zeros((len(starts), size), np.float32)
    for row, start in zip(result, starts, strict=True):
        begin, end = max(int(start), 0), min(int(start) + size, len(samples))
        if begin < end:
            row[begin - start : end - start] = to_float32(samples[begin:end])
    return result


@cache
def _filters(rate_hz: int, size: int, bands: int) -> NDArray[np.float32]:
    """Triangles over the bins of a `size`-point transform, [B, size / 2 + 1], peaks near 1."""
    edges = band_edges_hz(rate_hz, bands)
    bins = np.fft.rfftfreq(size, 1 / rate_hz)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    # A band narrower than the transform resolves is widened to a bin, lest it catch none.
    reach = rate_hz / size
    rising = (bins - centre) / np.maximum(centre - low, reach) + 1
    falling = (centre - bins) / np.maximum(high - centre, reach) + 1
    weights = np.clip(np.minimum(rising, falling), 0, 1)
    return (weights / _SINE_SPREAD).astype(np.float32)
