"""Spectrograms on their fixed scale."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from reverie.audio.pictures.clip import envelope
from reverie.audio.spectrogram import band_edges_hz, spectrogram_db
from reverie.audio.writing.cut import MonoOnDisk
from tests.audio.making import music


@pytest.mark.parametrize("rate_hz", [8000, 16000, 44100])
@pytest.mark.parametrize("hz", [110.0, 440.0, 1500.0, 3000.0])
def test_a_full_scale_sine_is_0_db_at_its_pitch(rate_hz: int, hz: float) -> None:
    sine = np.sin(2 * np.pi * hz * np.arange(2 * rate_hz) / rate_hz).astype(np.float32)
    decibels = spectrogram_db(sine, rate_hz)[:, 10:-10]
    loudest = decibels.mean(axis=1).argmax()
    edges = band_edges_hz(rate_hz)
    assert edges[loudest] - 15 < hz < edges[loudest + 2] + 15
    assert abs(decibels[loudest].mean()) < 4
    assert spectrogram_db(sine / 10, rate_hz)[loudest, 20] == pytest.approx(
        decibels[loudest, 10] - 20, abs=0.1
    )


def test_the_scale_does_not_depend_on_the_clip() -> None:
    clip = music(2.0, rate_hz=16000)[:, 0]
    alone = spectrogram_db(clip, 16000)
    followed = spectrogram_db(np.concatenate([clip, np.ones(32000, np.float32)]), 16000)
    columns = alone.shape[1] - 10
    assert np.allclose(alone[:, :columns], followed[:, :columns], atol=0.1)


def test_int16_floats_and_files_agree(tmp_path: Path) -> None:
    clip = np.round(music(1.0, rate_hz=16000)[:, 0] * 32768).astype(np.int16)
    soundfile.write(tmp_path / "music.flac", clip, 16000)
    expected = spectrogram_db(clip, 16000)
    assert np.allclose(expected, spectrogram_db(clip.astype(np.float32) / 32768, 16000))
    with soundfile.SoundFile(tmp_path / "music.flac") as file:
        samples = MonoOnDisk(file)
        assert np.allclose(expected, spectrogram_db(samples, 16000))
        assert np.array_equal(envelope(samples), envelope(clip))


def test_columns_are_bounded_and_cover_the_clip() -> None:
    late = np.zeros(16000 * 120, np.float32)
    late[-16000:] = np.sin(np.arange(16000))
    decibels = spectrogram_db(late, 16000, columns=60)
    assert decibels.shape == (128, 60)
    assert decibels[:, -1].max() > -10
    assert decibels[:, :58].max() < -100
