"""Third octaves above 8 kHz, width and correlation: known signals, and what must not matter."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.audio.pcm import to_int16
from reverie.evaluation.measures.full_band import (
    HIGH_THIRD_OCTAVES,
    LEAST_DB,
    LOWEST_HZ,
    SPLIT_HZ,
    THIRD_OCTAVES,
    FullBand,
    FullBandMeter,
    full_band,
    full_band_meter,
    full_band_powers,
    third_octaves_below,
)

RATE_HZ = 44100
Samples = NDArray[np.float32]


def white(seconds: float, seed: int = 0, rate_hz: int = RATE_HZ) -> NDArray[np.float64]:
    return 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * rate_hz))


def stereo(left: NDArray[np.float64], right: NDArray[np.float64]) -> Samples:
    return np.stack([left, right]).astype(np.float32)


def of_sides(width: float, seconds: float = 6.0, seed: int = 0) -> Samples:
    """Noise of which the side has this share of the power."""
    middle, side = (white(seconds, 10 * seed + at) for at in (1, 2))
    middle, side = np.sqrt(1 - width) * middle, np.sqrt(width) * side
    return stereo(middle + side, middle - side)


def measured(samples: Samples, rate_hz: int = RATE_HZ, channels: int = 2) -> FullBand:
    powers = full_band_powers(samples, rate_hz, channels)
    assert powers is not None
    return full_band(powers)


def shaped(wave: NDArray[np.float64], gains_db: dict[str, float]) -> Samples:
    """Raise the level of third octaves, by their centres."""
    spectrum, hertz = np.fft.rfft(wave), np.fft.rfftfreq(len(wave), 1 / RATE_HZ)
    for title, gain_db in gains_db.items():
        low, high = THIRD_OCTAVES[title]
        spectrum[(hertz >= low) & (hertz < high)] *= 10 ** (gain_db / 20)
    return np.fft.irfft(spectrum, len(wave))[None].astype(np.float32)


@pytest.mark.parametrize(
    ("rate_hz", "high"),
    [
        (16000, []),
        (22050, []),
        (24000, ["10 kHz"]),
        (32000, ["10 kHz", "12.5 kHz"]),
        (44100, ["10 kHz", "12.5 kHz", "16 kHz"]),
        (48000, ["10 kHz", "12.5 kHz", "16 kHz", "20 kHz"]),
    ],
)
def test_third_octaves_lie_whole_below_the_nyquist_frequency(rate_hz: int, high: list[str]) -> None:
    titles = [*third_octaves_below(rate_hz / 2)]
    assert [title for title in titles if title in HIGH_THIRD_OCTAVES] == high
    assert titles == [*THIRD_OCTAVES][: len(titles)]
    assert (full_band_meter(rate_hz, 1) is None) == (not high)
    assert full_band_meter(rate_hz, 2) is not None


def test_third_octaves_follow_each_other() -> None:
    titles = [*THIRD_OCTAVES]
    assert (titles[0], titles[-1]) == ("63 Hz", "20 kHz")
    assert {"315 Hz", "1 kHz", "1.25 kHz", "8 kHz"} < {*titles}
    edges = list(THIRD_OCTAVES.values())
    assert [low for low, _ in edges[1:]] == pytest.approx([high for _, high in edges[:-1]])


def test_white_noise_has_the_level_of_each_bandwidth() -> None:
    found = measured(white(20.0)[None].astype(np.float32), channels=1).third_octave_db
    for title, (low, high) in third_octaves_below(RATE_HZ / 2).items():
        expected = 10 * np.log10((high - low) / (SPLIT_HZ - LOWEST_HZ))
        tolerance = 0.3 if low > 1000 else 3.0  # low ones have a bin or two
        assert found[title] == pytest.approx(expected, abs=tolerance), title


def test_a_spectrum_shaped_by_decibels_is_measured_in_decibels() -> None:
    gains_db = {"10 kHz": -10.0, "12.5 kHz": 6.0, "16 kHz": -6.0}
    plain, found = (
        measured(shaped(white(10.0), gains), channels=1).third_octave_db for gains in ({}, gains_db)
    )
    # A louder neighbour leaks 30 dB softer through the window.
    for title, gain_db in gains_db.items():
        assert found[title] - plain[title] == pytest.approx(gain_db, abs=0.5)
    assert found["2 kHz"] == pytest.approx(plain["2 kHz"], abs=1e-6)


def test_the_level_is_of_the_channels_mean_power_also_where_the_mix_cancels() -> None:
    wave = white(5.0)
    turned, mono = measured(stereo(wave, -wave)), measured(wave[None].astype(np.float32))
    assert turned.third_octave_db == pytest.approx(mono.third_octave_db)


def test_what_a_clip_of_a_lower_rate_lacks_is_far_below() -> None:
    low = shaped(white(5.0), dict.fromkeys(HIGH_THIRD_OCTAVES, -400.0))
    assert measured(low).third_octave_db["16 kHz"] == LEAST_DB


@pytest.mark.parametrize("correlation", [-0.9, -0.3, 0.0, 0.5, 0.95])
def test_noise_has_the_correlation_it_was_made_with(correlation: float) -> None:
    left, other = white(8.0, 1), white(8.0, 2)
    right = correlation * left + np.sqrt(1 - correlation**2) * other
    found = measured(stereo(left, right))
    assert found.correlation == pytest.approx(correlation, abs=0.01)
    assert found.width == pytest.approx((1 - correlation) / 2, abs=0.01)
    # Width counts power, correlation does not.
    softer = measured(stereo(left, 0.1 * right))
    assert softer.correlation == pytest.approx(correlation, abs=0.01)
    assert softer.width == pytest.approx(0.5 - 0.1 * correlation / 1.01, abs=0.01)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050, 44100, 48000])
def test_width_is_the_share_of_the_side_at_any_rate(rate_hz: int) -> None:
    middle, side = white(6.0, 1, rate_hz), 0.5 * white(6.0, 2, rate_hz)
    found = measured(stereo(middle + side, middle - side), rate_hz)
    assert found.width == pytest.approx(0.2, abs=0.01)


def test_a_mono_clip_has_no_width_as_one_channel_or_as_two() -> None:
    wave = white(3.0).astype(np.float32)
    one, two = measured(wave[None]), measured(np.stack([wave, wave]))
    assert one == two
    assert (one.width, one.correlation, one.stereo_drift) == (0.0, 1.0, 0.0)


def test_of_a_mono_corpus_the_channels_say_nothing() -> None:
    found = measured(white(3.0)[None].astype(np.float32), channels=1)
    assert (found.width, found.correlation, found.stereo_drift) == (None, None, None)
    assert found.third_octave_db["16 kHz"] > -20


def test_a_channel_turned_round_is_all_side() -> None:
    wave = white(3.0)
    found = measured(stereo(wave, -wave))
    assert (found.width, found.correlation) == (1.0, -1.0)


def test_one_silent_channel_has_width_and_no_correlation() -> None:
    wave = white(3.0)
    found = measured(stereo(wave, 0 * wave))
    assert (found.width, found.correlation) == (0.5, None)


def test_an_offset_is_neither_level_nor_width() -> None:
    samples = of_sides(0.3)
    offset = samples + np.array([[0.5], [-0.5]], np.float32)
    assert measured(offset).width == pytest.approx(measured(samples).width, abs=1e-3)


@pytest.mark.parametrize("seed", range(8))
def test_swapped_channels_and_gain_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    wide = of_sides(float(rng.uniform()), 2.0, seed)
    samples = (wide * rng.uniform(0.1, 1, (2, 1))).astype(np.float32)
    gain = np.float32(10 ** rng.uniform(-2, 0.5))
    found = measured(samples)
    assert found.correlation is not None
    for changed in (samples[::-1], gain * samples, -samples):
        again = measured(changed)
        assert again.third_octave_db == pytest.approx(found.third_octave_db, abs=1e-3)
        assert again.width == pytest.approx(found.width, abs=1e-5)
        assert again.correlation == pytest.approx(found.correlation, abs=1e-5)
        assert again.stereo_drift == pytest.approx(found.stereo_drift, abs=1e-5)


def test_drift_is_from_the_first_third_to_the_last() -> None:
    thirds = [of_sides(width, 4.0, at) for at, width in enumerate((0.1, 0.9, 0.4))]
    growing = np.concatenate(thirds, axis=1)
    for samples in (growing, growing[:, ::-1]):
        assert measured(samples).stereo_drift == pytest.approx(0.3, abs=0.02)
    assert measured(of_sides(0.4, 12.0)).stereo_drift == pytest.approx(0, abs=0.01)
    ends_silent = np.concatenate([*thirds[:2], 0 * thirds[2], 0 * thirds[2]], axis=1)
    assert measured(ends_silent).stereo_drift is None
    assert measured(ends_silent).width is not None


def test_pieces_of_any_length_give_the_same() -> None:
    samples, rng = of_sides(0.2, 2.0), np.random.default_rng(0)
    whole, pieced = FullBandMeter(RATE_HZ, 2), FullBandMeter(RATE_HZ, 2)
    whole.add(samples)
    edges = np.sort(rng.integers(0, samples.shape[1], 30))
    for piece in np.split(samples, edges, axis=1):
        pieced.add(piece)
    np.testing.assert_allclose(pieced.powers().columns, whole.powers().columns, rtol=1e-12)


def test_a_part_is_measured_as_if_it_were_cut_out() -> None:
    both = np.concatenate([of_sides(0.1, 4.0, 1), of_sides(0.6, 4.0, 2)], axis=1)
    powers = full_band_powers(both, RATE_HZ, 2)
    assert powers is not None
    size = both.shape[1]
    for start, end, width in ((0, size // 2, 0.1), (size // 2, size, 0.6)):
        part, cut = full_band(powers.part(start, end)), measured(both[:, start:end])
        assert part.width == pytest.approx(width, abs=0.02)
        assert part.width == pytest.approx(cut.width, abs=0.01)
        assert part.third_octave_db == pytest.approx(cut.third_octave_db, abs=0.5)


def test_integers_are_measured_as_floats() -> None:
    samples = of_sides(0.2, 2.0)
    whole: Any = to_int16(samples)
    assert measured(whole).width == pytest.approx(measured(samples).width, abs=1e-4)


@pytest.mark.parametrize("size", [0, 1, 100, 2048, 5000, 44100])
@pytest.mark.parametrize("channels", [1, 2])
def test_of_silence_nothing_is_said(size: int, channels: int) -> None:
    silent = FullBand(third_octave_db={}, width=None, correlation=None, stereo_drift=None)
    assert measured(np.zeros((channels, size), np.float32)) == silent


@pytest.mark.parametrize("size", [0, 1, 100, 4095])
def test_of_a_clip_shorter_than_a_column_nothing_is_said(size: int) -> None:
    found = measured(of_sides(0.2, 1.0)[:, :size])
    assert (found.third_octave_db, found.width, found.correlation) == ({}, None, None)
