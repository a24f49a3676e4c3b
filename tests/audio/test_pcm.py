"""16 bits and floats: limited and never wrapped, and the same again on the way back."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.audio.pcm import to_float32, to_int16


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=50))
def test_too_loud_is_limited_and_never_wraps(values: list[float]) -> None:
    sound = np.array(values, np.float32)
    stored = to_int16(sound).astype(np.float64) / 32768
    np.testing.assert_allclose(stored, np.clip(sound.astype(np.float64), -1, 1), atol=1 / 32767)


@settings(max_examples=10)
@given(st.binary(max_size=2000).filter(lambda data: len(data) % 2 == 0))
def test_16_bits_survive(data: bytes) -> None:
    stored = np.frombuffer(data, "<i2")
    np.testing.assert_array_equal(to_int16(stored.astype(np.float32) / np.float32(32768)), stored)
    np.testing.assert_array_equal(to_int16(to_float32(stored)), stored)


def test_floats_are_copied_and_what_is_no_number_is_silence() -> None:
    sound = np.array([0.5, np.nan, -np.inf, -2.0])
    wave = to_float32(sound)
    assert wave.dtype == np.float32
    assert wave.tolist() == [0.5, 0.0, 0.0, -2.0]
    assert np.isnan(sound[1])
