"""Any sample format to channels of float32."""

from typing import Any, cast

import av
import numpy as np

from reverie.audio.mixing import Samples

STORED: dict[str, tuple[str, float, float]] = {
    "u8": ("u1", 128.0, 128.0),
    "s16": ("i2", 0.0, 2.0**15),
    "s32": ("i4", 0.0, 2.0**31),
    "s64": ("i8", 0.0, 2.0**63),
    "flt": ("f4", 0.0, 1.0),
    "dbl": ("f8", 0.0, 1.0),
}
"""FFmpeg's sample formats: how each is stored, its zero, and its full scale."""


def channels_of(frame: av.AudioFrame, scale: float = 1.0) -> Samples:
    """The channels of a frame, full scale at 1.

    Args:
        frame: audio of any format, `n` samples in each of its channels.
        scale: what they are multiplied by.

    Returns:
        float32 [channels, n], a copy.
    """
    name = cast(Any, frame.format).name
    kind, zero, full = STORED[name.removesuffix("p")]
    channels: int = cast(Any, frame.layout).nb_channels
    count = frame.samples
    # A plane is a buffer, which PyAV's own types do not say.
    planes = cast(tuple[bytes, ...], frame.planes)
    # Integers past 24 bits lose nothing audible in float32.
    result = np.empty((channels, count), np.float32)
    if name.endswith("p"):
        # Each plane is one channel.
        for channel, plane in zip(result, planes[:channels], strict=True):
            channel[:] = np.frombuffer(plane, kind, count)
    else:
        result[:] = np.frombuffer(planes[0], kind, count * channels).reshape(count, channels).T
    if zero:
        result -= np.float32(zero)
    if full != scale:
        result *= np.float32(scale / full)
    return result
