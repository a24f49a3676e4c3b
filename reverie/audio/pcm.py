"""Convert samples between integers of 16 or 24 bits and floats."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 32768.0
"""The value of 1.0 in 16 bits, as in decoders, so that 16-bit samples survive a round trip."""
FULL_SCALE_24 = 8388608.0
"""The same in 24 bits."""


def to_int16(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Round float32 [...] to 16 bits and clip to their range, so that loud samples never wrap.

    Args:
        samples: finite, full scale at 1.
    """
    scaled = np.rint(np.clip(samples, -1, 1) * np.float32(FULL_SCALE))
    return np.minimum(scaled, np.float32(FULL_SCALE - 1)).astype(np.int16)


def to_int24(samples: NDArray[np.float32]) -> NDArray[np.int32]:
    """Round float32 [...] to 24 bits, which are the upper ones of the int32 [...] returned.

    Samples outside of full scale are clipped.

    Args:
        samples: finite, full scale at 1.
    """
    scaled = np.rint(np.clip(samples, -1, 1) * np.float32(FULL_SCALE_24))
    whole = np.minimum(scaled, np.float32(FULL_SCALE_24 - 1)).astype(np.int32)
    return np.left_shift(whole, 8)


def to_float32(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Copy floats or int16 [...] to float32, full scale at 1; replace values that are not finite by
    0."""
    if samples.dtype == np.int16:
        return samples.astype(np.float32) * np.float32(1 / FULL_SCALE)
    wave: NDArray[np.float32] = samples.astype(np.float32)
    wave[~np.isfinite(wave)] = 0
    return wave
