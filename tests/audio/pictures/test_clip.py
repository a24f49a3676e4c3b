"""Pictures of clips: small, the same from files and arrays, of broken samples too."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from reverie.audio.pictures.clip import HEIGHT, WIDTH, draw_png, draw_rgb, save_png
from reverie.audio.spectrogram import spectrogram_db
from tests.audio.making import music


@pytest.mark.parametrize("length", [0, 1, 100, 5000])
def test_short_silent_and_broken_clips_are_drawn(length: int) -> None:
    samples = np.full(length, np.nan, np.float32)
    assert np.isfinite(spectrogram_db(samples, 16000)).all()
    assert draw_rgb(samples, 16000).shape == (HEIGHT, WIDTH, 3)


def test_a_picture_is_a_small_png(tmp_path: Path) -> None:
    clip = music(3.0, rate_hz=16000)[:, 0]
    content = draw_png(clip, 16000)
    assert len(content) < 200_000
    image = Image.open(io.BytesIO(content))
    assert image.size == (WIDTH, HEIGHT)
    soundfile.write(tmp_path / "clip.wav", clip, 16000, subtype="FLOAT")
    save_png(tmp_path / "clip.wav", tmp_path / "clip.png")
    assert (tmp_path / "clip.png").read_bytes() == content
