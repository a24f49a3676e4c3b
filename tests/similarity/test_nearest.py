"""Finding the training excerpt that a clip is most like."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.similarity.nearest import Nearest, NearestSearch
from tests.music import random_melody
from tests.similarity.looking import look_up

RATE_HZ = 8000
TRAINING = [random_melody(seed, RATE_HZ) for seed in (1, 2, 3)]


def search(clips: Sequence[NDArray[np.float32]], semitones: Sequence[int] = (0,)) -> NearestSearch:
    waiting = NearestSearch(clips, RATE_HZ, semitones)
    for place, wave in enumerate(TRAINING):
        look_up(waiting, RATE_HZ, place, 0.0, wave)
    return waiting


def nearest(*clips: NDArray[np.float32]) -> list[Nearest]:
    return search(clips).best()


def test_a_copy_is_found_where_it_was_taken() -> None:
    (found,) = nearest(TRAINING[1][5 * RATE_HZ : 9 * RATE_HZ])
    assert found.similarity > 0.95
    assert found.recording == 1
    assert found.offset_seconds - found.clip_seconds == pytest.approx(5.0, abs=0.11)


def test_a_run_is_as_long_as_the_copy() -> None:
    other = random_melody(9, RATE_HZ)
    clip = np.concatenate([other[: 3 * RATE_HZ], TRAINING[2][4 * RATE_HZ : 8 * RATE_HZ]])
    (run,) = search([clip]).runs_seconds(0.8)
    assert run == pytest.approx(4.0, abs=0.6)
    assert search([other]).runs_seconds(0.8) == [0.0]


def test_another_pitch_is_found_by_search() -> None:
    higher = random_melody(2, RATE_HZ, semitones=1)[4 * RATE_HZ : 8 * RATE_HZ]
    (plain,) = search([higher]).best()
    (found,) = search([higher], (0, -1, 1)).best()
    assert found.similarity > plain.similarity + 0.1
    assert (found.recording, found.semitones) == (1, 1)


def test_level_makes_no_difference() -> None:
    loud = TRAINING[2][: 4 * RATE_HZ]
    one, other = nearest(loud, 0.2 * loud)
    assert other.similarity == pytest.approx(one.similarity, abs=0.03)
    assert one.recording == other.recording == 2


def test_other_music_is_less_like_and_noise_is_not() -> None:
    noise = np.random.default_rng(0).standard_normal(4 * RATE_HZ).astype(np.float32) * 0.1
    copied, other, random = nearest(TRAINING[0], random_melody(9, RATE_HZ), noise)
    assert copied.similarity > other.similarity + 0.2
    assert random.similarity < 0.4


def test_too_short_is_like_nothing() -> None:
    (found,) = nearest(TRAINING[0][:RATE_HZ])
    assert found.similarity == 0
    waiting = NearestSearch([TRAINING[1]], RATE_HZ)
    look_up(waiting, RATE_HZ, 0, 0.0, TRAINING[0][:RATE_HZ])
    assert waiting.best()[0].similarity == 0
