"""Finding the training excerpt that a clip is most like."""

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.evaluation.nearest import TrainingExcerpts

RATE_HZ = 8000


def tune(seed: int, seconds: float = 12.0) -> NDArray[np.float32]:
    """A melody of random notes."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(0.25 * RATE_HZ)) / RATE_HZ
    notes = 220 * 2 ** (rng.integers(0, 24, round(seconds * 4)) / 12)
    wave = [np.sin(2 * np.pi * note * time) * np.exp(-5 * time) for note in notes]
    return (0.3 * np.concatenate(wave)).astype(np.float32)


@pytest.fixture(scope="module")
def training() -> TrainingExcerpts:
    return TrainingExcerpts([tune(1), tune(2), tune(3)], RATE_HZ)


def test_a_copy_is_found_where_it_was_taken(training: TrainingExcerpts) -> None:
    copied = tune(2)[5 * RATE_HZ : 9 * RATE_HZ]
    (found,) = training.nearest([copied])
    assert found.similarity > 0.95
    assert found.recording == 1
    assert found.offset_seconds % 2 == pytest.approx(1.0, abs=0.11)


def test_level_makes_no_difference(training: TrainingExcerpts) -> None:
    loud = tune(3)[: 4 * RATE_HZ]
    one, other = training.nearest([loud, 0.2 * loud])
    assert other.similarity == pytest.approx(one.similarity, abs=0.03)
    assert one.recording == other.recording == 2


def test_other_music_is_less_like_and_noise_is_not(training: TrainingExcerpts) -> None:
    noise = np.random.default_rng(0).standard_normal(4 * RATE_HZ).astype(np.float32) * 0.1
    copied, other, random = training.nearest([tune(1), tune(9), noise])
    assert copied.similarity > other.similarity + 0.2
    assert random.similarity < 0.3


def test_too_short_is_like_nothing(training: TrainingExcerpts) -> None:
    (found,) = training.nearest([tune(1, 1.0)])
    assert found.similarity == 0
    short = TrainingExcerpts([tune(1, 1.0)], RATE_HZ)
    assert short.nearest([tune(2, 4.0)])[0].similarity == 0
