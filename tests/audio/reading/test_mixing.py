"""Channels to one: what the mean would lose is kept, and said."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from reverie.audio.reading.decode import load
from reverie.audio.reading.mixing import Mixer, mean_of
from tests.audio.making import RATE_HZ, encode, music, wav

SOUND = music(2.0)[:, 0]
OTHER = music(2.0, seed=1)[:, 0]


def level(samples: NDArray[np.float32]) -> float:
    return 20 * float(np.log10(np.sqrt(np.mean(samples.astype(float) ** 2)) + 1e-12))


def loaded(folder: Path, *channels: NDArray[np.float32]) -> NDArray[np.float32]:
    sound = np.stack(channels, axis=1).astype(np.float32)
    return load(wav(folder / "a.wav", sound, subtype="FLOAT"), RATE_HZ)[0]


def halves(first: float, second: float) -> NDArray[np.float32]:
    """The sound with another sign in its second half."""
    half = len(SOUND) // 2
    return np.concatenate([first * SOUND[:half], second * SOUND[half:]])


@pytest.mark.parametrize("share", [-1.0, -0.9, -0.7, -0.5])
def test_channels_out_of_phase_keep_their_level(tmp_path: Path, share: float) -> None:
    assert level(loaded(tmp_path, SOUND, share * SOUND)) > level(SOUND) - 3.1


def test_channels_in_phase_are_the_mean(tmp_path: Path) -> None:
    got = loaded(tmp_path, SOUND, 0.5 * SOUND)
    np.testing.assert_allclose(got, 0.75 * SOUND, atol=1e-6)


def test_channels_that_cancel_in_half_of_it_are_kept_in_both(tmp_path: Path) -> None:
    got = loaded(tmp_path, SOUND, halves(1.0, -1.0))
    for part in (slice(0, len(SOUND) // 2), slice(len(SOUND) // 2, None)):
        assert level(got[part]) == pytest.approx(level(SOUND[part]), abs=0.5)


def test_what_cancels_for_a_moment_does_not_change_the_mix(tmp_path: Path) -> None:
    other = SOUND.copy()
    other[: len(other) // 60] *= -1
    np.testing.assert_allclose(loaded(tmp_path, SOUND, other), (SOUND + other) / 2, atol=1e-6)


@pytest.mark.parametrize("live", [0, 5])
def test_one_live_channel_of_eight_keeps_its_level(tmp_path: Path, live: int) -> None:
    noise = np.random.default_rng(0).standard_normal((8, len(SOUND))).astype(np.float32) * 1e-4
    noise[live] = SOUND
    assert level(loaded(tmp_path, *noise)) == pytest.approx(level(SOUND), abs=0.1)


def test_one_turned_channel_of_three_is_turned_back(tmp_path: Path) -> None:
    got = loaded(tmp_path, SOUND, SOUND, -2 * SOUND)
    np.testing.assert_allclose(got, SOUND * 4 / 3, atol=1e-5)


def test_unlike_channels_are_the_mean(tmp_path: Path) -> None:
    np.testing.assert_allclose(loaded(tmp_path, SOUND, OTHER), (SOUND + OTHER) / 2, atol=1e-6)


def test_a_lossy_file_out_of_phase_is_heard(tmp_path: Path) -> None:
    sound = np.stack([SOUND, -SOUND], axis=1)
    path = encode(tmp_path / "a.m4a", sound, "aac", container="ipod", bit_rate=192_000)
    assert level(load(path, RATE_HZ)[0]) == pytest.approx(level(SOUND), abs=1)


def test_silence_has_nothing_to_mix(tmp_path: Path) -> None:
    assert not loaded(tmp_path, 0 * SOUND, 0 * SOUND).any()


@given(
    weights=st.lists(st.floats(-1, 1), min_size=2, max_size=6),
    numbers=st.sampled_from([0.0, 1.0, np.inf, np.nan]),
)
def test_any_mix_settles(weights: list[float], numbers: float) -> None:
    channels = [np.float32(weight) * SOUND[:4000] for weight in weights]
    channels[0][100] = numbers
    mix = mean_of(len(channels))
    for _ in range(4):
        mixer = Mixer(mix)
        mixer.mixed(channels, 1.0)
        if mixer.better() == mix:
            break
        mix = mixer.better()
    else:
        pytest.fail("it changes its mind for ever")
    assert sum(abs(weight) for weight in mix.weights[0]) == pytest.approx(1)
