"""Any sample format and channel count to one channel of float32."""

from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_STORED = {
    "u8": (np.uint8, 128.0, 128.0),
    "s16": (np.int16, 0.0, 32768.0),
    "s32": (np.int32, 0.0, 2147483648.0),
    "s64": (np.int64, 0.0, 9223372036854775808.0),
    "flt": (np.float32, 0.0, 1.0),
    "dbl": (np.float64, 0.0, 1.0),
}
"""FFmpeg's sample formats: how each is stored, its zero, and its full scale."""


def to_mono(frame: av.AudioFrame) -> Samples:
    """The mean of a frame's channels, full scale at 1.

    Args:
        frame: audio of any format, `n` samples in each of its channels.

    Returns:
        float32 [n], a copy.
    """
    name = cast(Any, frame.format).name
    kind, zero, full = _STORED[name.removesuffix("p")]
    channels, count = cast(Any, frame.layout).nb_channels, frame.samples
    if name.endswith("p"):
        # Each plane is one channel.
        views = [np.frombuffer(plane, kind, count) for plane in frame.planes[:channels]]
    else:
        packed = np.frombuffer(frame.planes[0], kind, count * channels).reshape(count, channels)
        views = [packed[:, channel] for channel in range(channels)]
    # 32-bit and wider integers lose nothing audible in float32: 24 bits of mantissa.
    mixed = views[0].astype(np.float32)
    for view in views[1:]:
        mixed += view.astype(np.float32) if view.dtype != np.float32 else view
    if zero:
        mixed -= np.float32(zero * channels)
    if full * channels != 1:
        mixed *= np.float32(1 / (full * channels))
    return mixed
