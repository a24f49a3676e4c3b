"""One warning while training, in plain words, and only where it is due."""

import numpy as np
import pytest

from reverie.corpus.corpus import Corpus
from reverie.evaluation.preview_monitor import PreviewMonitor
from tests.audio.making import music


def warned(corpus: Corpus, previews: list[np.ndarray], capsys: pytest.CaptureFixture[str]) -> str:
    monitor = PreviewMonitor(corpus)
    for epoch, samples in enumerate(previews, 1):
        monitor.on_preview(epoch, samples)
    return capsys.readouterr().err


@pytest.fixture
def sound() -> np.ndarray:
    return music(5.0, seed=1, rate_hz=8000)[:, 0]


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
