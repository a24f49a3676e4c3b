"""A hop in seconds is the same at every rate, and its transforms are fast."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reverie.errors import ReverieError
from reverie.frames.hop import FAST_FACTORS, even_samples, fast_samples, is_fast, whole_samples
from reverie.frames.settings import FrameSettings, Transform

RATES_HZ = (16000, 22050, 44100, 48000)
rates = st.integers(8000, 48000)
seconds = st.floats(0.005, 4)


@given(seconds, rates)
def test_a_block_is_the_nearest_whole_number(length: float, rate_hz: int) -> None:
    assert abs(whole_samples(length, rate_hz) - length * rate_hz) <= 0.5


@given(seconds, rates)
def test_half_of_what_overlaps_is_whole(length: float, rate_hz: int) -> None:
    found = even_samples(length, rate_hz)
    assert found % 2 == 0
    assert abs(found - length * rate_hz) <= 1


@given(seconds, rates)
def test_a_fast_length_is_the_nearest_within_one_percent(length: float, rate_hz: int) -> None:
    found, asked = fast_samples(length, rate_hz), length * rate_hz
    assume(abs(asked - round(asked)) > 1e-3)
    first, last = math.floor(0.98 * asked), math.ceil(1.02 * asked)
    fast = [one for one in range(first - first % 2, last, 2) if one and is_fast(one)]
    near = [abs(one - asked) for one in fast if abs(one - asked) < 0.01 * asked]
    if near:
        assert abs(found - asked) == min(near)
        assert is_fast(found)
        assert found % 2 == 0
    else:
        assert found == even_samples(length, rate_hz)


def test_fast_numbers_have_small_factors() -> None:
    for number in range(1, 3000):
        largest = max((one for one in range(2, number + 1) if number % one == 0
                       and all(one % other for other in range(2, one))), default=1)  # fmt: skip
        assert is_fast(number) == (largest <= max(FAST_FACTORS))


@given(st.integers(1, 1 << 15), rates)
def test_a_whole_even_number_that_is_asked_for_is_taken(half: int, rate_hz: int) -> None:
    for reckoned in (whole_samples, even_samples, fast_samples):
        assert reckoned(2 * half / rate_hz, rate_hz) == 2 * half


@pytest.mark.parametrize(
    ("transform", "length", "expected"),
    [
        ("fourier", 0.25, (4000, 5512, 11025, 12000)),
        ("rfft", 0.25, (4000, 5512, 11025, 12000)),
        ("mdct", 0.25, (4000, 5512, 11024, 12000)),
        ("spectrum", 0.032, (512, 704, 1408, 1536)),
        ("codes", 0.032, (512, 704, 1408, 1536)),
    ],
)
def test_what_the_recipes_ask_for(
    transform: Transform, length: float, expected: tuple[int, ...]
) -> None:
    settings = FrameSettings(transform=transform, hop_seconds=length)
    assert tuple(settings.hop_samples(rate_hz) for rate_hz in RATES_HZ) == expected


@pytest.mark.parametrize("transform", ["fourier", "mdct", "codes"])
def test_a_frame_shorter_than_two_samples_is_refused_by_name(transform: Transform) -> None:
    settings = FrameSettings(transform=transform, hop_seconds=0.0001)
    assert settings.hop_samples(48000) > 2
    with pytest.raises(ReverieError, match=r"hop_seconds \(0.0001\) is shorter .* 8000 Hz"):
        settings.hop_samples(8000)
