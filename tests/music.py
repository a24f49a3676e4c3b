"""Small folders of music, made by arithmetic, for tests."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from tests.audio.making import music


def write_recordings(folder: Path, count: int, seconds: float, rate_hz: int) -> None:
    """`count` tunes as 16-bit WAV files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        samples = music(seconds, seed=number, rate_hz=rate_hz)
        soundfile.write(folder / f"tune {number}.wav", samples, rate_hz, subtype="PCM_16")


def random_melody(
    seed: int, rate_hz: int, seconds: float = 12.0, semitones: float = 0.0
) -> NDArray[np.float32]:
    """A melody of random notes, four a second, struck and dying away."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(0.25 * rate_hz)) / rate_hz
    notes = 220 * 2 ** ((rng.integers(0, 24, round(seconds * 4)) + semitones) / 12)
    wave = [np.sin(2 * np.pi * note * time) * np.exp(-5 * time) for note in notes]
    return (0.3 * np.concatenate(wave)).astype(np.float32)


def write_with_rests(folder: Path, rate_hz: int) -> None:
    """Two recordings: a second of silence, tone, a rest, tone, two seconds of near silence."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for number in range(2):
        time = np.arange(rate_hz) / rate_hz
        tone = 0.3 * np.sin(2 * np.pi * (220 + 110 * number) * time)
        rest, hiss = np.zeros(rate_hz), 1e-4 * rng.standard_normal(2 * rate_hz)
        wave = np.concatenate([rest, tone, rest, tone, hiss])
        soundfile.write(folder / f"{number}.wav", wave, rate_hz)
