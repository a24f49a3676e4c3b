"""The beat of a prompt, by what lies around it."""

import numpy as np
import torch

from reverie.audio.beats import track_beats
from reverie.frames.log_spectrum import LogSpectrum
from reverie.generation.prompt_beat import around, prompt_beat
from reverie.training.beats import beat_grid

RATE_HZ = 16000
SPEC = LogSpectrum(512).spec


def clicks(seconds: float, period: float) -> np.ndarray:
    wave = np.zeros(round(seconds * RATE_HZ), np.float32)
    click = np.hanning(64).astype(np.float32) * np.sin(np.arange(64))
    for start in np.arange(0, seconds - 0.1, period):
        first = round(start * RATE_HZ)
        wave[first : first + 64] += click.astype(np.float32)
    return wave


def test_the_prompt_is_heard_with_what_came_before_it() -> None:
    assert around(100 * RATE_HZ, 3 * RATE_HZ, RATE_HZ) == (73 * RATE_HZ, 103 * RATE_HZ)
    # Too little came before a prompt at the beginning.
    assert around(RATE_HZ, 3 * RATE_HZ, RATE_HZ) == (0, 12 * RATE_HZ)
    assert around(5 * RATE_HZ, 40 * RATE_HZ, RATE_HZ) == (5 * RATE_HZ, 45 * RATE_HZ)


def test_the_phase_is_that_of_the_clicks() -> None:
    wave, start, frames = clicks(20, 0.6), 10 * RATE_HZ, 60
    grid, rubato = prompt_beat(wave, start, frames, SPEC, RATE_HZ)
    assert rubato < 0.01
    assert grid.shape == (frames + 1, 2)
    middles = (start + SPEC.centre_samples(np.arange(frames + 1))) / RATE_HZ
    off = (grid[:, 0].numpy() - middles / 0.6) % 1
    assert (np.minimum(off, 1 - off) < 0.05).all()
    torch.testing.assert_close(grid[:, 1], torch.full((frames + 1,), 0.6), atol=0.02, rtol=0)
    # From frame to frame it moves on evenly, also to the frame that is generated first.
    steps = np.diff(grid[:, 0].numpy()) % 2
    np.testing.assert_allclose(steps, 512 / RATE_HZ / 0.6, atol=0.005)


def test_where_there_is_no_beat_none_is_told() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 15 * RATE_HZ).astype(np.float32)
    assert (prompt_beat(noise, 5 * RATE_HZ, 60, SPEC, RATE_HZ).grid[:, 1] == 0).all()
    assert (prompt_beat(np.zeros(0, np.float32), 0, 5, SPEC, RATE_HZ).grid[:, 1] == 0).all()


def test_a_grid_counts_beats_by_two() -> None:
    beats = track_beats(clicks(20, 0.5), RATE_HZ)
    grid = beat_grid(beats, np.array([4.25, 4.75, 5.25]))
    np.testing.assert_allclose(grid[:, 0] % 1, 0.5, atol=0.03)
    np.testing.assert_allclose(np.diff(grid[:, 0]) % 2, 1, atol=0.03)
