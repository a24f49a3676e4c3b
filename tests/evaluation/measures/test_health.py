"""Verdicts on signals whose verdict is known."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import reverie.demo
from reverie.audio.noise import mean_spectrum, moving_noise, shaped_noise
from reverie.audio.reading.decode import load
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.evaluation.measures.health import (
    HealthReference,
    corpus_level_dbfs,
    frame_boundary_discontinuity,
    health,
)
from reverie.evaluation.measures.modulation import spectral_modulation

RATE_HZ = 16000
SECONDS = 10
TIME = np.arange(SECONDS * RATE_HZ) / RATE_HZ
REFERENCE = HealthReference(-21.0)
RECORDINGS = sorted((Path(reverie.demo.__file__).parent / "recordings").glob("*.opus"))


def real(number: int, start: int = 20) -> NDArray[np.float32]:
    music = load(RECORDINGS[number], RATE_HZ)[0]
    return music[start * RATE_HZ : (start + SECONDS) * RATE_HZ]


@pytest.fixture(scope="module")
def music() -> NDArray[np.float32]:
    return real(5)


def noise(seed: int = 0) -> NDArray[Any]:
    return np.random.default_rng(seed).standard_normal(len(TIME)) * 0.1


def chord() -> NDArray[Any]:
    pitches_hz = (220.0, 277.2, 329.6, 440.0, 554.4)
    return 0.05 * sum((np.sin(2 * np.pi * hz * TIME) for hz in pitches_hz), np.zeros(len(TIME)))


def shaped_like(music: NDArray[np.float32]) -> NDArray[Any]:
    """Noise with the spectrum of `music`, some 150 Hz smoothed, at each moment."""
    rng, size = np.random.default_rng(1), 2048
    window = np.hanning(size)
    result = np.zeros(len(music) + size)
    for start in range(0, len(music) - size, size // 4):
        spectrum = np.abs(np.fft.rfft(music[start : start + size] * window))
        spectrum = np.convolve(spectrum, np.ones(20) / 20, "same")
        turned = spectrum * np.exp(2j * np.pi * rng.random(len(spectrum)))
        result[start : start + size] += window * np.fft.irfft(turned)
    return result[: len(music)]


def verdict(samples: NDArray[Any]) -> str:
    return health(samples.astype(np.float32), RATE_HZ, REFERENCE).verdict


@pytest.mark.parametrize("number", [0, 1, 3, 8])
def test_real_music_is_sound(number: int) -> None:
    found = health(real(number), RATE_HZ, REFERENCE)
    assert found.verdict == "ok", found
    assert abs(found.relative_db) < 8


def test_quiet_music_and_fading_music_are_sound(music: NDArray[np.float32]) -> None:
    assert verdict(music * 0.05) == "ok"
    faded = health(music * 10 ** (-TIME * 3 / 20), RATE_HZ, REFERENCE)
    assert faded.verdict == "ok"
    assert faded.drift_db < -12
    assert "fades" in faded.sentence


def test_music_in_faint_noise_is_sound(music: NDArray[np.float32]) -> None:
    assert verdict(music + noise() * 0.1) == "ok"


def test_silence(music: NDArray[np.float32]) -> None:
    assert verdict(np.zeros(len(TIME))) == "silent"
    assert verdict(music * 1e-3) == "silent"
    assert verdict(np.full(len(TIME), 1e-4)) == "silent"


def test_music_that_dies_away_is_silent_and_says_when(music: NDArray[np.float32]) -> None:
    dying = music.copy()
    dying[3 * RATE_HZ :] *= 1e-4
    found = health(dying, RATE_HZ, REFERENCE)
    assert found.verdict == "silent"
    assert found.sentence == "Silent from 3 s on: the sound dies away."


def test_noise_of_any_colour(music: NDArray[np.float32]) -> None:
    spectrum = np.fft.rfft(noise())
    pink = np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)))
    assert verdict(noise()) == "noise"
    assert verdict(pink / pink.std() * 0.1) == "noise"
    assert verdict(shaped_like(music)) == "noise"
    assert verdict(music + noise() * music.std() * 10) == "noise"


def drums(seed: int = 0, hiss: float = 0.8) -> NDArray[Any]:
    """Kick, snare and hi-hat: skins that ring, and bursts of noise that decay."""
    rng, beats = np.random.default_rng(seed), np.zeros(len(TIME) + RATE_HZ)
    time = TIME[: RATE_HZ // 2]
    for step in range(SECONDS * 8):
        noise = hiss * rng.standard_normal(len(time))
        hit = np.diff(noise, prepend=0) * np.exp(-time / 0.03)
        if step % 8 == 4:
            hit += noise * np.exp(-time / 0.08)
            hit += 0.4 * np.sin(2 * np.pi * 190 * time) * np.exp(-time / 0.25)
        if step % 8 == 0 or rng.random() < 0.3:
            pitch_hz = rng.choice([50, 90, 130])
            hit += np.sin(2 * np.pi * pitch_hz * time) * np.exp(-time / 0.25)
        at = step * RATE_HZ // 8 + int(rng.integers(200))
        beats[at : at + len(hit)] += rng.uniform(0.5, 1) * hit
    beats = beats[: len(TIME)]
    return beats / np.abs(beats).max() * 0.8


def test_drums_are_not_noise_though_they_are_as_flat() -> None:
    found = health(drums().astype(np.float32), RATE_HZ, REFERENCE)
    assert found.flatness > REFERENCE.limits.steady_noise_flatness
    assert found.modulation > 1.5
    assert found.verdict == "ok", found


def test_steady_noise_with_the_spectrum_of_drums_is_noise() -> None:
    wave = drums().astype(np.float32)
    rms = float(wave.std())
    steady = shaped_noise(mean_spectrum([wave], RATE_HZ), len(wave), rms, np.random.default_rng(0))
    assert verdict(steady) == "noise"
    assert verdict(steady * np.exp(-TIME / 3)) == "noise"
    assert verdict(drums() + noise() * 10 * rms) == "noise"


def test_noise_that_moves_as_a_piano_does_is_noise(music: NDArray[np.float32]) -> None:
    assert verdict(moving_noise(music, RATE_HZ, np.random.default_rng(0))) == "noise"


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("seconds", [1, 4, 10])
def test_the_modulation_of_steady_noise_is_one(seed: int, seconds: int) -> None:
    rng, hertz = np.random.default_rng(seed), np.arange(1, 1001)
    coloured = shaped_noise(1 / hertz ** rng.uniform(0, 3), seconds * RATE_HZ, 0.1, rng)
    assert spectral_modulation(coloured, RATE_HZ) == pytest.approx(1, abs=0.1)


def test_modulation_does_not_depend_on_level(music: NDArray[np.float32]) -> None:
    found = spectral_modulation(music, RATE_HZ)
    assert spectral_modulation(music * 0.01, RATE_HZ) == pytest.approx(found, rel=1e-3)
    assert spectral_modulation(music[:100], RATE_HZ) == 0
    assert spectral_modulation(music * 0, RATE_HZ) == 0


def test_a_held_chord_is_frozen() -> None:
    assert verdict(chord()) == "frozen"
    assert verdict(chord() * np.exp(-TIME / 4)) == "frozen"
    assert verdict(chord() + noise() * 0.05) == "frozen"


def test_a_repeated_block_is_frozen(music: NDArray[np.float32]) -> None:
    assert verdict(np.tile(music[:4000], 40)) == "frozen"


@pytest.mark.parametrize("seconds", [1.0, 2.3, 4.0])
def test_a_loop_loops(music: NDArray[np.float32], seconds: float) -> None:
    part = music[RATE_HZ : RATE_HZ + round(seconds * RATE_HZ)]
    looped = np.resize(part, len(music)) + noise() * 0.02
    found = health(looped.astype(np.float32), RATE_HZ, REFERENCE)
    assert found.verdict == "looping", found
    assert found.repeat_seconds == pytest.approx(seconds, abs=0.06)


def test_clipped_music(music: NDArray[np.float32]) -> None:
    found = health(np.clip(music * 30, -1, 1), RATE_HZ, REFERENCE)
    assert found.verdict == "clipped"
    assert found.clipped_share > 0.3


def test_int16_and_float_agree(music: NDArray[np.float32]) -> None:
    whole = np.round(music * 32768).astype(np.int16)
    assert health(whole, RATE_HZ, REFERENCE).rms_dbfs == pytest.approx(
        health(music, RATE_HZ, REFERENCE).rms_dbfs, abs=0.01
    )


def test_clicks_at_frame_edges_stand_out(music: NDArray[np.float32]) -> None:
    signs = np.array([1, -1] * (len(music) // 8000))
    blocks = (music.reshape(-1, 4000) * signs[:, None]).ravel().astype(np.float32)
    smooth, clicking = (
        frame_boundary_discontinuity(music, 4000),
        frame_boundary_discontinuity(blocks, 4000),
    )
    assert smooth is not None
    assert clicking is not None
    assert smooth < 1.5
    assert clicking > 2 * smooth
    assert frame_boundary_discontinuity(music[:100], 4000) is None


@pytest.mark.parametrize("length", [1, 50, 5000, RATE_HZ])
def test_short_clips_are_measured_too(music: NDArray[np.float32], length: int) -> None:
    found = health(music[:length], RATE_HZ, REFERENCE, 4000)
    assert len(found.second_dbfs) == 1


def test_what_is_no_clip_is_refused() -> None:
    with pytest.raises(ReverieError, match="no samples"):
        health(np.zeros(0, np.float32), RATE_HZ, REFERENCE)
    with pytest.raises(ReverieError, match="not numbers"):
        health(np.array([0.1, np.nan], np.float32), RATE_HZ, REFERENCE)


def test_the_level_of_a_corpus_is_that_of_its_training_music(corpus: Corpus) -> None:
    train = np.concatenate([corpus.pcm(one)[0] for one in corpus.of_split("train")]) / 32768
    level = 10 * np.log10(np.mean(train**2))
    assert corpus_level_dbfs(corpus) == pytest.approx(level, abs=0.02)
