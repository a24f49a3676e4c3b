"""Magnitudes say how loud each frequency is, and samples come back from them with a phase."""

import math

import pytest
import torch
from torch import Tensor

from reverie.frames.log_spectrum import LogSpectrum, level
from tests.frames.music import decibels, melody

FRAMES = LogSpectrum(256)


def convergence(wanted: Tensor, found: Tensor) -> float:
    """Spectral convergence in dB: how far magnitudes are from those wanted."""
    a, b = (FRAMES.encode(one).exp() for one in (wanted, found))
    count = min(a.shape[1], b.shape[1])
    return decibels((a[:, :count] - b[:, :count]).norm() / a[:, :count].norm())


def test_a_sine_of_full_scale_is_at_zero() -> None:
    bin_number = 20
    time = torch.arange(FRAMES.spec.samples_for(3))
    sine = torch.sin(2 * math.pi * bin_number / FRAMES.window_samples * time)
    logs = FRAMES.analyse(sine.unsqueeze(0))
    assert logs.shape == (1, 3, 2 * 257)
    assert logs[..., bin_number].abs().max() < 1e-4
    assert logs[..., 100].max() < math.log(1e-4)


@pytest.mark.parametrize("piece", [1000, 31, 1])
def test_music_comes_back_from_its_magnitudes(piece: int) -> None:
    """Whole, in pieces, and frame by frame: what the ear goes by is there."""
    samples = melody(4)[0]
    logs = FRAMES.encode(samples)
    state = FRAMES.initial_state(1, logs)
    parts: list[Tensor] = []
    for some in logs.split(piece, dim=1):
        part, state = FRAMES.synthesise(some, state)
        assert part.shape == (1, some.shape[1] * 256)
        parts.append(part)
    found = torch.cat(parts, dim=1)[:, FRAMES.spec.overlap_samples :][:, : samples.shape[1]]
    assert convergence(samples, found) < -20
    assert abs(decibels(found.std() / samples.std())) < 0.2


def test_a_stream_goes_on_from_real_samples_without_a_seam() -> None:
    samples = melody(4)[0]
    cut = FRAMES.spec.samples_for(60)
    logs = FRAMES.analyse(samples[:, : FRAMES.spec.samples_for(100)])
    found, _ = FRAMES.synthesise(logs[:, 60:], FRAMES.state_after(samples[:, :cut]))
    begin = 60 * 256
    joined = torch.cat([samples[:, :begin], found], dim=1)[0]
    true = samples[0, : len(joined)]
    steps, real = joined.diff().abs(), true.diff().abs()
    assert steps[begin - 2 : begin + 2].max() <= 1.2 * real[begin - 500 : begin + 500].max()
    # The phases are those of what was heard: for a while the samples themselves agree.
    after = slice(begin, begin + 400)
    assert (joined[after] - true[after]).norm() < 0.3 * true[after].norm()


def test_silence_stays_silent() -> None:
    silence = torch.zeros(2, 3000)
    assert FRAMES.decode(FRAMES.encode(silence)).abs().max() == 0


def test_a_short_seed_is_enough() -> None:
    samples = melody(1)[0, :, : FRAMES.spec.samples_for(1)]
    found, _ = FRAMES.synthesise(FRAMES.analyse(samples), FRAMES.state_after(samples))
    assert found.isfinite().all()


def test_level_is_that_of_the_magnitudes() -> None:
    logs = torch.tensor([[3.0, 4.0, 0.0]]).log()
    torch.testing.assert_close(level(logs).exp(), torch.tensor([math.sqrt(25 / 3)]))
