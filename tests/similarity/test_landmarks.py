"""Fingerprints find the same recording again, in spite of noise and coarse samples."""

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.evaluation.selftest.damages import mu_law, noise
from reverie.similarity.landmark_search import LandmarkMatch, LandmarkSearch
from reverie.similarity.landmarks import landmarks
from tests.music import random_melody
from tests.similarity.looking import look_up

RATE_HZ = 16000
TRAINING = [random_melody(seed, RATE_HZ, 30.0) for seed in (1, 2, 3)]


def find(clip: NDArray[np.float32]) -> LandmarkMatch:
    search = LandmarkSearch([random_melody(50, RATE_HZ), clip], RATE_HZ)
    for place, wave in enumerate(TRAINING):
        look_up(search, RATE_HZ, place, 0.0, wave)
    return search.best()[1]


def damaged(wave: NDArray[np.float32], how: str) -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    if how == "noise":
        return noise(5)(wave, RATE_HZ, rng)
    if how == "mu-law":
        return mu_law(wave, RATE_HZ, rng)
    return 0.1 * wave if how == "quiet" else wave


@pytest.mark.parametrize("how", ["clean", "noise", "mu-law", "quiet"])
def test_a_copy_is_found_where_it_was_taken(how: str) -> None:
    other = random_melody(77, RATE_HZ)
    copied = damaged(TRAINING[1][10 * RATE_HZ : 14 * RATE_HZ], how)
    clip = np.concatenate([other[: 3 * RATE_HZ], copied, other[3 * RATE_HZ : 6 * RATE_HZ]])
    found = find(clip)
    assert found.recording == 1
    assert found.offset_seconds - found.clip_seconds == pytest.approx(7.0, abs=0.1)
    assert 2.0 < found.seconds < 4.6


def test_other_music_agrees_on_little() -> None:
    copied = find(TRAINING[2][5 * RATE_HZ : 15 * RATE_HZ])
    assert find(random_melody(99, RATE_HZ)).pairs < copied.pairs / 4


def test_the_beginning_of_a_piece_is_counted_in() -> None:
    clip = TRAINING[0][5 * RATE_HZ : 10 * RATE_HZ]
    search = LandmarkSearch([clip], RATE_HZ)
    look_up(search, RATE_HZ, 0, 100.0, TRAINING[0])
    (found,) = search.best()
    assert found.offset_seconds - found.clip_seconds == pytest.approx(105.0, abs=0.1)


def test_silence_and_scraps_have_no_landmarks() -> None:
    for wave in (np.zeros(RATE_HZ), np.zeros(100), np.full(RATE_HZ, 0.25)):
        keys, columns = landmarks(wave.astype(np.float32), RATE_HZ)
        assert len(keys) == len(columns) == 0
    assert find(np.zeros(RATE_HZ, np.float32)).pairs == 0
    assert LandmarkSearch([], RATE_HZ).best() == []


def test_steady_sounds_have_no_landmarks() -> None:
    time = np.arange(10 * RATE_HZ) / RATE_HZ
    drone = np.sum([np.sin(2 * np.pi * 110 * k * time + k) / k for k in range(1, 9)], axis=0)
    for wave in (0.2 * drone, 0.3 * np.sin(2 * np.pi * 440 * time)):
        keys, _ = landmarks(wave.astype(np.float32), RATE_HZ)
        assert len(keys) == 0
