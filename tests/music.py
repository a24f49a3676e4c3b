"""Small folders of music, made by arithmetic, for tests."""

from pathlib import Path

import soundfile

from tests.audio.making import music


def write_recordings(folder: Path, count: int, seconds: float, rate_hz: int) -> None:
    """`count` tunes as 16-bit WAV files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        samples = music(seconds, rng_seed=number, rate_hz=rate_hz)
        soundfile.write(folder / f"tune {number}.wav", samples, rate_hz, subtype="PCM_16")
