"""A recording's coarse loudness over time, to find the same music in another encoding."""

import numpy as np
from numpy.typing import NDArray

BINS = 48
"""Equal parts of a recording; long enough that a shift of an encoder's delay is nothing."""

FLOOR_DB = 60.0
"""How far below the loudest part differences stop to matter."""


def fingerprint(step_energies: NDArray[np.float64]) -> str:
    """The energy of each part relative to the loudest, as `2 * BINS` hexadecimal digits.

    Args:
        step_energies: energies of equal short steps of the recording, [steps].
    """
    total = np.concatenate([[0.0], np.cumsum(step_energies)])
    edges = np.linspace(0, len(step_energies), BINS + 1)
    bins = np.diff(np.interp(edges, np.arange(len(total)), total))
    relative = 10 * np.log10(np.maximum(bins, 1e-30) / max(float(bins.max()), 1e-30))
    # A quarter of a decibel a unit, 60 dB in a byte.
    quantised = np.clip((relative + FLOOR_DB) * 4, 0, 4 * FLOOR_DB)
    return np.rint(quantised).astype(np.uint8).tobytes().hex()


def decibels(fingerprint: str) -> NDArray[np.float32]:
    """The level of each part in dB relative to the loudest, float32 [BINS], from -60 to 0."""
    quantised = np.frombuffer(bytes.fromhex(fingerprint), np.uint8).astype(np.float32)
    return quantised / np.float32(4) - np.float32(FLOOR_DB)
