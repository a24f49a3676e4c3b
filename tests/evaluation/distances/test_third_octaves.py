"""Differences from held-out music above 8 kHz: known levels, bands without music, silence."""

import numpy as np
import pytest

from reverie.evaluation.distances.third_octaves import third_octave_differences

MUSIC = {"1 kHz": -10.0, "10 kHz": -40.0, "12.5 kHz": -60.0, "16 kHz": -90.0}
"""The last lies more than 60 dB below the loudest."""


def raised(*decibels: float) -> dict[str, float]:
    """The levels of music, the three above 8 kHz raised."""
    high = zip([*MUSIC][1:], decibels, strict=True)
    return MUSIC | {title: MUSIC[title] + each for title, each in high}


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_differences_are_those_of_the_means() -> None:
    clips = [raised(3, -8, 50), raised(5, -12, 30)]
    music = [raised(1, 1, 1), raised(-1, -1, -1)]
    found = third_octave_differences(clips, music, rng())
    assert found is not None
    assert {title: one.value for title, one in found.by_band.items()} == pytest.approx(
        {"10 kHz": 4.0, "12.5 kHz": -10.0, "16 kHz": 40.0}
    )
    narrow = found.by_band["12.5 kHz"]
    assert (narrow.low, narrow.high) == pytest.approx((-12, -8))


def test_the_largest_is_of_bands_that_hold_music() -> None:
    clips = [raised(3, -8, 50), raised(5, -12, 30)]
    found = third_octave_differences(clips, [MUSIC], rng())
    assert found is not None
    assert found.largest is not None
    # 16 kHz differs more, and holds no music.
    assert found.largest.value == pytest.approx(10)
    assert (found.largest.low, found.largest.high) == pytest.approx((8, 12))


def test_music_against_itself_is_no_difference() -> None:
    found = third_octave_differences([MUSIC, MUSIC], [MUSIC], rng())
    assert found is not None
    assert found.largest is not None
    assert found.largest.value == 0
    assert {one.value for one in found.by_band.values()} == {0}


def test_where_no_band_holds_music_there_is_no_largest() -> None:
    dull = MUSIC | {"10 kHz": -80.0, "12.5 kHz": -90.0}
    found = third_octave_differences([MUSIC], [dull], rng())
    assert found is not None
    assert found.largest is None
    assert found.by_band["10 kHz"].value == 40


def test_silent_clips_do_not_count() -> None:
    one = third_octave_differences([{}, raised(6, 6, 6)], [MUSIC, {}], rng())
    assert one is not None
    assert one.largest is not None
    assert (one.largest.value, one.largest.low) == (6, None)
    assert third_octave_differences([{}], [MUSIC], rng()) is None
    assert third_octave_differences([MUSIC], [{}], rng()) is None
    assert third_octave_differences([], [], rng()) is None


def test_without_bands_above_8_khz_there_is_nothing() -> None:
    low = {"1 kHz": -10.0}
    assert third_octave_differences([low], [low], rng()) is None
