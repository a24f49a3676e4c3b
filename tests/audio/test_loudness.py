"""Loudness against pyloudnorm, which measures whole arrays."""

import numpy as np
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.audio.loudness import LoudnessMeter
from tests.audio.making import music
from tests.stereo import duet


@settings(max_examples=12)
@given(
    rate_hz=st.sampled_from([8000, 11025, 16000, 22050, 44100, 48000]),
    seconds=st.floats(0.4, 3),
    piece=st.integers(100, 50000),
    quiet=st.floats(0.0001, 1),
)
def test_it_equals_pyloudnorm(rate_hz: int, seconds: float, piece: int, quiet: float) -> None:
    sound = music(seconds, rate_hz=rate_hz, seed=piece)[:, 0]
    # A quiet half puts the relative gate to work.
    sound[: len(sound) // 2] *= np.float32(quiet)
    if len(sound) < 0.4 * rate_hz:
        sound = np.pad(sound, (0, rate_hz))
    meter = LoudnessMeter(rate_hz)
    for start in range(0, len(sound), piece):
        meter.add(sound[None, start : start + piece])
    measured = meter.integrated()
    expected = pyloudnorm.Meter(rate_hz).integrated_loudness(sound.astype(np.float64))
    if measured is None:
        assert expected < -69 or not np.isfinite(expected)
    else:
        assert measured == pytest.approx(expected, abs=0.1)


def test_silence_and_snippets_have_no_loudness() -> None:
    silent = LoudnessMeter(16000)
    silent.add(np.zeros((1, 50000), np.float32))
    assert silent.integrated() is None
    short = LoudnessMeter(16000)
    short.add(np.ones((1, 100), np.float32))
    assert short.integrated() is None
    assert LoudnessMeter(16000).integrated() is None


def test_two_channels_add_up() -> None:
    sound = duet(3.0, 44100)
    meter, same, alone = LoudnessMeter(44100, 2), LoudnessMeter(44100, 2), LoudnessMeter(44100)
    for start in range(0, len(sound), 10_000):
        piece = sound[start : start + 10_000].T
        meter.add(piece)
        same.add(piece[:1].repeat(2, axis=0))
        alone.add(piece[:1])
    expected = pyloudnorm.Meter(44100).integrated_loudness(sound.astype(np.float64))
    assert meter.integrated() == pytest.approx(expected, abs=0.1)
    twice, once = same.integrated(), alone.integrated()
    assert twice is not None
    assert once is not None
    assert twice - once == pytest.approx(3.01, abs=0.01)
