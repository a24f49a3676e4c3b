"""Convert any sample format to float32 channels."""

from typing import Any, cast

import av
import numpy as np

from reverie.audio.reading.mixing import Samples

STORED: dict[str, tuple[str, float, float]] = {
    "u8": ("u1", 128.0, 128.0),
    "s16": ("i2", 0.0, 2.0**15),
    "s32": ("i4", 0.0, 2.0**31),
    "s64": ("i8", 0.0, 2.0**63),
    "flt": ("f4", 0.0, 1.0),
    "dbl": ("f8", 0.0, 1.0),
}
"""FFmpeg's sample formats: each one's type, zero and full scale."""


def channels_of(frame: av.AudioFrame) -> tuple[list[Samples], float]:
    """Return the channels of a frame in the frame's own scale.

    Args:
        frame: audio of any format, with `n` samples in each channel.

    Returns:
        float32 [n] for each channel, which may share the frame's memory, and the factor that
        scales them to a full scale of 1.
    """
    name = cast(Any, frame.format).name
    kind, zero, full = STORED[name.removesuffix("p")]
    channels: int = cast(Any, frame.layout).nb_channels
    count = frame.samples
    # A plane is a buffer, but PyAV's annotations do not say so.
    planes = cast(tuple[bytes, ...], frame.planes)
    if name.endswith("p"):
        # Each plane is one channel.
        views = [np.frombuffer(plane, kind, count) for plane in planes[:channels]]
    else:
        packed = np.frombuffer(planes[0], kind, count * channels).reshape(count, channels)
        views = [packed[:, channel] for channel in range(channels)]
    # Integers of more than 24 bits lose nothing audible in float32.
    result: list[Samples] = [view.astype(np.float32, copy=False) for view in views]
    if zero:
        result = [channel - np.float32(zero) for channel in result]
    return result, 1 / full
