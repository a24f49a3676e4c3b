"""Stereo music for tests: another tone on either side."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.audio.making import music, wav

LEFT_HZ, RIGHT_HZ = 400.0, 900.0


def tones(seconds: float, rate_hz: int) -> NDArray[np.float32]:
    """A low tone on the left, a high one on the right: float32 [2, S]."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.stack([0.4 * np.sin(2 * np.pi * hz * time) for hz in (LEFT_HZ, RIGHT_HZ)]).astype(
        np.float32
    )


def pitch_hz(samples: NDArray[np.floating[Any]], rate_hz: int) -> float:
    """The frequency at which samples [S] are loudest."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate_hz / len(samples)


def is_in_order(samples: NDArray[np.floating[Any]], rate_hz: int) -> bool:
    """Whether [2, S] has the tones of `tones` on their sides."""
    found = [pitch_hz(channel, rate_hz) for channel in samples]
    return bool(np.allclose(found, [LEFT_HZ, RIGHT_HZ], atol=10))


def duet(seconds: float, rate_hz: int, seed: int = 0) -> NDArray[np.float32]:
    """Another tune on either side: float32 [S, 2]."""
    sides = [music(seconds, seed=100 * seed + side, rate_hz=rate_hz)[:, 0] for side in (1, 2)]
    return np.stack(sides, axis=1)


def write_duets(folder: Path, count: int, seconds: float, rate_hz: int) -> None:
    """`count` duets as stereo WAV files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        sound = duet(seconds, rate_hz, number)
        wav(folder / f"duet {number}.wav", sound, rate_hz=rate_hz)
