"""What a page plays of a model: its sound in mono, up to where its codes reach."""

import pytest
import torch

from reverie.errors import ReverieError
from reverie.export.html.sound import page_sound, played
from reverie.frames.full_band.codec import FullBandCodec
from reverie.frames.representation import fit_representation
from reverie.frames.settings import FrameSettings
from tests.frames.test_full_band import RATE_HZ, SETTINGS, stereo


def test_of_stereo_it_is_the_middle_with_the_same_codes() -> None:
    whole = FullBandCodec.fit(SETTINGS, RATE_HZ, (stereo(4, seed) for seed in range(2)))
    sound = page_sound(whole, RATE_HZ)
    assert sound.rate_hz == round(RATE_HZ * 512 / 1408)
    assert sound.words == "44100 Hz, stereo; this page plays the middle of it up to 8018 Hz"
    samples = stereo(3, 9)
    middle = played(whole, samples)
    assert middle.shape[:2] == (1, 1)
    assert middle.shape[2] / sound.rate_hz == pytest.approx(3, abs=0.1)
    assert torch.equal(sound.codec.analyse(middle), whole.analyse(samples))


def test_frames_of_numbers_are_refused() -> None:
    frames = fit_representation(FrameSettings(), 8000, iter([torch.randn(1, 1, 80_000)]))
    with pytest.raises(ReverieError, match="codes alone"):
        page_sound(frames, 8000)
