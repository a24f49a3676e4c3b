"""Music as frames of the wire."""

import numpy as np
from numpy.typing import NDArray

from reverie.audio.pcm import to_int16
from reverie.studio.playing.wire import HEADER, SAMPLES

MOST_SECONDS = 0.1
"""Of the music in one frame."""


def samples_frames(samples: NDArray[np.float32], rate_hz: int, at_seconds: float) -> list[bytes]:
    """Frames of music, none longer than a tenth of a second.

    Args:
        samples: [C, S].
        rate_hz: samples per second.
        at_seconds: music that came before.
    """
    pcm = to_int16(samples).T.astype("<i2", copy=False)
    channels = pcm.shape[1]
    size = max(1, int(MOST_SECONDS * rate_hz))
    frames: list[bytes] = []
    for first in range(0, len(pcm), size):
        content = pcm[first : first + size].tobytes()
        header = HEADER.pack(SAMPLES, len(content), rate_hz, channels, at_seconds + first / rate_hz)
        frames.append(header + content)
    return frames
