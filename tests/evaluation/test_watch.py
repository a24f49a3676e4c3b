"""One warning while training, in plain words, and only where it is due."""

from typing import Any, cast

import numpy as np
import pytest
import torch

from reverie.corpus.corpus import Corpus
from reverie.evaluation.watch import Watch
from tests.audio.making import music


class Made:
    """A run, as far as its rate is asked for."""

    rate_hz = 8000


def warned(corpus: Corpus, previews: list[np.ndarray], capsys: pytest.CaptureFixture[str]) -> str:
    waiting = iter(previews)
    watch = Watch(lambda *_: torch.from_numpy(next(waiting)), corpus)
    for expected in previews:
        made = watch(cast(Any, None), cast(Any, None), cast(Any, Made()))
        assert np.array_equal(made.numpy(), expected, equal_nan=True)
    return capsys.readouterr().err


@pytest.fixture
def sound() -> np.ndarray:
    return music(5.0, rng_seed=1, rate_hz=8000)[:, 0]


def test_silence_is_told_once(corpus: Corpus, capsys: pytest.CaptureFixture[str]) -> None:
    told = warned(corpus, [np.zeros(40000, np.float32)] * 5, capsys)
    assert told.count("\n") == 1
    assert "Silent" in told
    assert "generation.temperature" in told


def test_music_is_not_warned_of(
    corpus: Corpus, sound: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    silence = np.zeros(40000, np.float32)
    assert warned(corpus, [silence, sound, silence, sound], capsys) == ""


def test_what_is_no_number_is_left_to_training(
    corpus: Corpus, capsys: pytest.CaptureFixture[str]
) -> None:
    assert warned(corpus, [np.full(40000, np.nan, np.float32)] * 3, capsys) == ""
