"""Landmark fingerprints: pairs of spectral peaks that recur in the same recording and no other.

Wang 2003, "An industrial-strength audio search algorithm".
Letters: S samples, C columns of a spectrogram, F bins, P pairs.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from reverie.audio.stft import hann, power_of, stft, window_samples

WINDOW_SECONDS = 0.064
HOPS_PER_WINDOW = 4
LOWEST_BIN = 2
"""Lower bins hold offset and rumble."""
HIGHEST_HZ = 5000.0
PEAK_REACH = (9, 9)
"""A peak is the largest value within this many bins and columns to each side."""
PEAKS_BELOW_LOUDEST_DB = 60.0
RISE_DB, RISE_COLUMNS = 6.0, 20
"""A peak exceeds the quietest value of its bin within this many columns on both sides by this much.
So hum, drones and held tones, which other recordings share, have no peaks."""
STRONGEST = 20
NEAR_SECONDS = 0.5
"""A peak counts only if it is among the strongest within this time: noise has many peaks."""
PARTNERS = 4
"""Each peak is paired with this many following peaks."""
PARTNER_COLUMNS = 60
PARTNER_BINS = 60

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Keys of pairs and the columns where they begin: both [P], sorted by key."""


def landmarks(wave: NDArray[np.float32], rate_hz: int) -> Pairs:
    """Return the pairs of peaks of samples [S]; silence has none."""
    bins, columns = _peaks(wave, rate_hz)
    keys: list[NDArray[np.int64]] = []
    begins: list[NDArray[np.int64]] = []
    paired = np.zeros(len(bins), np.int64)
    # Peaks are sorted by column, so a peak's partners are the next one, the one after it, …
    for ahead in range(1, len(bins)):
        later, earlier = slice(ahead, None), slice(None, -ahead)
        apart = columns[later] - columns[earlier]
        rise = bins[later] - bins[earlier]
        near = (apart > 0) & (apart <= PARTNER_COLUMNS) & (np.abs(rise) <= PARTNER_BINS)
        near &= paired[earlier] < PARTNERS
        keys.append(
            (
                (bins[earlier] * (2 * PARTNER_BINS + 1) + rise + PARTNER_BINS)
                * (PARTNER_COLUMNS + 1)
                + apart
            )[near]
        )
        begins.append(columns[earlier][near])
        paired[earlier] += near
        if not ((apart <= PARTNER_COLUMNS) & (paired[earlier] < PARTNERS)).any():
            break
    if not keys:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    joined, columns = np.concatenate(keys), np.concatenate(begins)
    order = np.argsort(joined, kind="stable")
    return joined[order], columns[order]


def hop_samples(rate_hz: int) -> int:
    """Return the hop length between columns of the spectrogram."""
    return window_samples(rate_hz, WINDOW_SECONDS) // HOPS_PER_WINDOW


def _peaks(wave: NDArray[np.float32], rate_hz: int) -> Pairs:
    """Return bins and columns of the spectrogram's peaks, sorted by column."""
    size, hop = window_samples(rate_hz, WINDOW_SECONDS), hop_samples(rate_hz)
    if len(wave) < size:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    highest = min(int(HIGHEST_HZ * size / rate_hz), size // 2)
    power = power_of(stft(wave, hann(size), hop, single=True)[:, :highest]).T
    decibels = (10 * np.log10(np.maximum(power, 1e-12))).astype(np.float32)
    around = ndimage.maximum_filter(
        decibels, [2 * reach + 1 for reach in PEAK_REACH], mode="nearest"
    )
    loud = decibels > max(float(decibels.max()) - PEAKS_BELOW_LOUDEST_DB, -60.0)
    quietest = ndimage.minimum_filter1d(decibels, 2 * RISE_COLUMNS + 1, 1, mode="nearest")
    found = (decibels == around) & (decibels - quietest >= RISE_DB) & loud
    found[:LOWEST_BIN] = False
    columns, bins = np.nonzero(found.T)
    kept = _strong(columns, decibels[bins, columns], round(NEAR_SECONDS * rate_hz / hop))
    return bins[kept].astype(np.int64), columns[kept].astype(np.int64)


def _strong(
    columns: NDArray[np.int64], strengths: NDArray[np.float32], near: int
) -> NDArray[np.bool_]:
    """Return which peaks have fewer than `STRONGEST` stronger ones within `near` columns."""
    stronger = np.zeros(len(columns), np.int64)
    for ahead in range(1, len(columns)):
        close = columns[ahead:] - columns[:-ahead] <= near
        if not close.any():
            break
        stronger[:-ahead] += close & (strengths[ahead:] > strengths[:-ahead])
        stronger[ahead:] += close & (strengths[:-ahead] >= strengths[ahead:])
    return stronger < STRONGEST
