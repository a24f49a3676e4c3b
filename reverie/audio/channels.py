"""Channels of samples: one, or two (left and right).

Samples are [C, S] within Reverie, also where C is 1. Letters: C channels, S samples of each.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32, to_int16
from reverie.audio.stft import Wave

MOST_CHANNELS = 2
"""Channels that a recording or a clip can have."""


def mixed(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Return the mono mix, the mean of the channels: floats or int16 [C, S] -> float32 [S].

    Where one is no number, neither is the mix.
    """
    if len(samples) == 1:
        return _floats(samples[0])
    total = _floats(samples[0])
    for channel in samples[1:]:
        total += _floats(channel)
    total *= np.float32(1 / len(samples))
    return total


def with_channels(samples: NDArray[Any], channels: int) -> NDArray[np.float32]:
    """Return samples [C, S] with so many channels, float32 [channels, S].

    Many become one by their mean; one becomes many by repetition.
    """
    if channels == 1:
        return mixed(samples)[None]
    if len(samples) == channels:
        return _floats(samples)
    return np.repeat(mixed(samples)[None], channels, axis=0)


def concatenated(pieces: Sequence[NDArray[np.float32]], channels: int) -> NDArray[np.float32]:
    """Return pieces [C, any] one after another with so many channels: [channels, S], S from 0."""
    if not pieces:
        return np.zeros((channels, 0), np.float32)
    return np.concatenate([with_channels(piece, channels) for piece in pieces], axis=1)


def _floats(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Copy floats or int16 to float32."""
    return to_float32(samples) if samples.dtype == np.int16 else samples.astype(np.float32)


def as_public(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return samples [C, S] as librosa has them: [S] for mono, [2, S] for stereo."""
    return samples[0] if len(samples) == 1 else samples


def from_public(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return samples of librosa's shape, [S] or [C, S], as [C, S]."""
    return samples if samples.ndim > 1 else samples[None]


class MonoMix:
    """The mono mix of samples [C, S], mixed as it is read: a `Wave`, which takes no memory.

    Args:
        samples: floats or int16, such as a memory map; what is read is of the same type.
    """

    def __init__(self, samples: NDArray[Any]) -> None:
        self._samples = samples

    def __len__(self) -> int:
        return self._samples.shape[1]

    def __getitem__(self, span: slice, /) -> NDArray[Any]:
        mix = mixed(self._samples[:, span])
        return to_int16(mix) if self._samples.dtype == np.int16 else mix


def mono_wave(samples: NDArray[Any]) -> Wave:
    """Return the mono mix of samples [C, S], floats or int16, without reading it."""
    return samples[0] if len(samples) == 1 else MonoMix(samples)
