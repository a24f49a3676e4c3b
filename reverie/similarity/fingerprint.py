"""Fingerprint a recording by its coarse spectrum and loudness over time.

Fingerprints of two encodings of a recording lie close together. They propose candidates and prove
nothing: two takes of one note lie close together too.
Letters: S samples, T steps of time, B bands.
"""

import math
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reverie.audio.stft import FrameStream, hann, power_of, spectra_of

VERSION: Final = 2

STEP_SECONDS = 0.064
LOWEST_HZ, HIGHEST_HZ = 100.0, 3800.0
"""Offset, mains hum and rumble lie below; encoders discard what lies above."""
BANDS = 24
"""Number of bands, equally wide on a logarithmic frequency scale."""
MOST_STEPS = 4096
"""At this many time steps, pairs of steps are merged, so that memory stays constant."""

SPECTRUM_FLOOR_DB, ENVELOPE_FLOOR_DB = 30.0, 15.0
"""Differences this far below the loudest are ignored: encoders add noise there."""
ENVELOPE_POINTS = 9
"""Number of points around the energy's centroid in time, half a deviation apart; leading silence
does not move them."""
DECIBELS_PER_DOUBLING = 12.0
"""Distance that a doubled deviation of the energy in time counts for."""

NUMBERS = BANDS + ENVELOPE_POINTS + 1
"""Length of a fingerprint; every number is in decibels or scaled to count as decibels."""


class Fingerprinter:
    """Compute the fingerprint of a mono recording piece by piece.

    Args:
        rate_hz: samples per second.
    """

    def __init__(self, rate_hz: int) -> None:
        self._hop = max(round(STEP_SECONDS * rate_hz), 1)
        self._window, self._bins, self._shares = _bands(rate_hz, 2 * self._hop)
        self._stream = FrameStream(2 * self._hop, self._hop)
        self._steps: list[NDArray[np.float32]] = []
        self._count, self._merged = 0, 1

    def add(self, samples: NDArray[np.float32]) -> None:
        """Measure the next samples, [S]."""
        frames = self._stream.add(samples)
        if len(frames):
            self._measure(frames)

    def fingerprint(self) -> str:
        """Return the fingerprint as hexadecimal digits; nothing may be added afterwards."""
        self.add(np.zeros(2 * self._hop, np.float32))
        power = np.concatenate(self._steps).astype(np.float64)
        values = np.concatenate([_spectrum(power), _over_time(power, self._merged * STEP_SECONDS)])
        quantised = np.clip(np.rint(16 * values), -32768, 32767).astype("<i2")
        return f"{VERSION:02x}{quantised.tobytes().hex()}"

    def _measure(self, frames: NDArray[np.float32]) -> None:
        """Add one step with the power in each band for each of `frames` [T, 2 * hop]."""
        spectra = spectra_of(frames, self._window)[:, self._bins]
        power = power_of(spectra) @ self._shares
        self._steps.append(power.astype(np.float32))
        self._count += len(power)
        while self._count > 2 * MOST_STEPS:
            power = np.concatenate(self._steps)
            power = power[: len(power) // 2 * 2].reshape(-1, 2, BANDS).mean(axis=1)
            self._steps, self._count, self._merged = [power], len(power), 2 * self._merged


@lru_cache(maxsize=8)
def _bands(rate_hz: int, size: int) -> tuple[NDArray[np.float32], slice, NDArray[np.float32]]:
    """Return a window [size], the bins of its transform that count, and their weights [bin, B]."""
    # The lowest bands are narrower than a bin: divide each bin by the share of bands it covers.
    edges = np.geomspace(LOWEST_HZ, min(HIGHEST_HZ, 0.45 * rate_hz), BANDS + 1) * size / rate_hz
    bins = slice(int(edges[0]), math.ceil(edges[-1]) + 1)
    places = np.arange(bins.start, bins.stop, dtype=np.float64)[:, np.newaxis]
    covered = np.minimum(places + 1, edges[1:]) - np.maximum(places, edges[:-1])
    return hann(size), bins, np.maximum(covered, 0).astype(np.float32)


def numbers(fingerprint: str) -> NDArray[np.float32] | None:
    """Decode a fingerprint as float32 [NUMBERS]; None if it is of another version."""
    if len(fingerprint) != 2 + 4 * NUMBERS or not fingerprint.startswith(f"{VERSION:02x}"):
        return None
    try:
        quantised = np.frombuffer(bytes.fromhex(fingerprint[2:]), "<i2")
    except ValueError:
        return None
    return quantised.astype(np.float32) / np.float32(16)


def _spectrum(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean power of each band in dB above the floor: [T, B] -> [B]."""
    mean = power.mean(axis=0)
    relative = 10 * np.log10(np.maximum(mean, 1e-30) / max(float(mean.max()), 1e-30))
    return np.maximum(relative, -SPECTRUM_FLOOR_DB)


def _over_time(power: NDArray[np.float64], step_seconds: float) -> NDArray[np.float64]:
    """Return the loudness around the energy's centroid in time, and the energy's deviation."""
    energies = power.sum(axis=1) + 1e-30
    places = np.arange(len(energies))
    weights = energies / energies.sum()
    centre = float(weights @ places)
    spread = max(math.sqrt(float(weights @ np.square(places - centre))), 0.5)
    total = np.concatenate([[0.0], np.cumsum(energies)])
    reach = 0.5 * spread
    wanted = centre + 0.5 + reach * (np.arange(ENVELOPE_POINTS) - ENVELOPE_POINTS // 2)
    around = np.interp(wanted + reach, np.arange(len(total)), total)
    around -= np.interp(wanted - reach, np.arange(len(total)), total)
    relative = 10 * np.log10(np.maximum(around, 1e-30) / max(float(around.max()), 1e-30))
    doublings = math.log2(spread * step_seconds / STEP_SECONDS)
    return np.append(np.maximum(relative, -ENVELOPE_FLOOR_DB), DECIBELS_PER_DOUBLING * doublings)
