"""Beats: at clicks of any tempo, through changes of tempo, as librosa's, and none in noise."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.audio.beats import Beats, track_beats
from reverie.audio.onset_strength import onset_strength
from reverie.audio.pcm import to_int16
from reverie.audio.reading.decode import load
from reverie.errors import ReverieError
from tests.music import random_melody

RATE_HZ = 16000
RECORDINGS = Path(__file__).parents[2] / "reverie/demo/recordings"
LIBROSA = json.loads(Path(__file__).with_name("librosa_beats.json").read_text())


def clicks(
    times: NDArray[np.float64], seconds: float, noise: float = 0.0, rate_hz: int = RATE_HZ
) -> NDArray[np.float32]:
    """A short tone at each of `times`, and noise of that deviation: [S]."""
    sound = np.random.default_rng(0).standard_normal(round(seconds * rate_hz)) * noise
    tone = np.arange(rate_hz // 10) / rate_hz
    tone = 0.5 * np.sin(2 * np.pi * 880 * tone) * np.exp(-40 * tone)
    for start in np.round(times * rate_hz).astype(int):
        part = sound[start : start + len(tone)]
        part += tone[: len(part)]
    return sound.astype(np.float32)


def errors(beats: Beats, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds from each of `times` to its nearest beat, by phase and period."""
    phase = beats.phase(times)
    return np.abs(phase - np.round(phase)) * beats.period(times)


def f_measure(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    """Agreement of two rising rows of times, 70 ms apart at the most."""
    near = np.abs(ours[:, None] - theirs).min(axis=1) <= 0.07
    back = np.abs(ours[:, None] - theirs).min(axis=0) <= 0.07
    return float(near.sum() + back.sum()) / (len(ours) + len(theirs))


def check_cover(beats: Beats, seconds: float) -> None:
    assert beats.times.dtype == np.float64
    assert (np.diff(beats.times) > 0).all()
    assert beats.times[0] <= 0
    assert beats.times[-1] >= seconds
    assert beats.local_confidence.shape == beats.times.shape
    assert 0 <= beats.local_confidence.min() <= beats.local_confidence.max() <= 1


@pytest.mark.parametrize("bpm", [60, 90, 120, 174])
def test_the_beats_are_the_clicks(bpm: int) -> None:
    times = np.arange(0.3, 29.9, 60 / bpm)
    beats = track_beats(clicks(times, 30), RATE_HZ)
    assert errors(beats, times).max() < 0.005
    np.testing.assert_array_equal(np.diff(np.round(beats.phase(times))), 1)
    assert abs(np.median(beats.period(times)) * bpm / 60 - 1) < 0.01
    assert beats.confidence > 0.9
    check_cover(beats, 30)


@pytest.mark.parametrize("rate_hz", [8000, 44100])
def test_at_other_rates(rate_hz: int) -> None:
    times = np.arange(0.3, 29.9, 0.5)
    beats = track_beats(clicks(times, 30, rate_hz=rate_hz), rate_hz)
    assert errors(beats, times).max() < 0.01
    np.testing.assert_array_equal(np.diff(np.round(beats.phase(times))), 1)


def test_clicks_in_noise() -> None:
    times = np.arange(0.3, 59.9, 0.6)
    beats = track_beats(clicks(times, 60, noise=0.1), RATE_HZ)
    assert errors(beats, times).max() < 0.02
    assert beats.confidence > 0.8


@pytest.mark.parametrize("tempi", [(80, 150), (150, 70)])
def test_an_even_change_of_tempo_is_followed(tempi: tuple[int, int]) -> None:
    times = 0.3 + np.cumsum(60 / np.linspace(*tempi, 120))
    beats = track_beats(clicks(times, times[-1] + 0.3), RATE_HZ)
    assert errors(beats, times).max() < 0.01
    np.testing.assert_array_equal(np.diff(np.round(beats.phase(times))), 1)
    inside = (times[:-1] + times[1:]) / 2
    np.testing.assert_allclose(beats.period(inside), np.diff(times), rtol=0.03)
    assert beats.confidence > 0.8


def test_a_tempo_that_sways_is_followed() -> None:
    times = 0.3 + np.cumsum(0.5 * np.exp(0.15 * np.sin(2 * np.pi * np.arange(120) / 16)))
    beats = track_beats(clicks(times, times[-1]), RATE_HZ)
    assert np.quantile(errors(beats, times), 0.95) < 0.01
    np.testing.assert_array_equal(np.diff(np.round(beats.phase(times))), 1)
    assert beats.confidence > 0.8


def test_a_recording_of_two_tempi() -> None:
    first, second = np.arange(0.3, 40, 60 / 90), np.arange(40.3, 80, 60 / 132)
    beats = track_beats(clicks(np.concatenate([first, second]), 80), RATE_HZ)
    for times in (first, second):
        inner = times[(np.abs(times - 40) > 2)]
        assert errors(beats, inner).max() < 0.01
        np.testing.assert_allclose(beats.period(inner + 0.1), times[1] - times[0], rtol=0.03)


def test_the_confidence_is_local_too() -> None:
    noise = np.random.default_rng(2).standard_normal(40 * RATE_HZ).astype(np.float32) * 0.1
    times = np.arange(0.3, 39.9, 0.5)
    beats = track_beats(np.concatenate([noise, clicks(times, 40)]), RATE_HZ)
    free = beats.local_confidence[beats.times < 30]
    strict = beats.local_confidence[(beats.times > 50) & (beats.times < 70)]
    assert np.median(free) < 0.2
    assert strict.min() > 0.8


def unmetrical() -> dict[str, NDArray[np.float32]]:
    """Sounds of half a minute without a beat."""
    rng = np.random.default_rng(1)
    time = np.arange(30 * RATE_HZ) / RATE_HZ
    drone = sum(np.sin(2 * np.pi * hertz * time) for hertz in (110, 165, 220.5))
    sounds = {
        "silence": np.zeros(len(time)),
        "noise": 0.1 * rng.standard_normal(len(time)),
        "drone": 0.1 * drone,
        "sine": 0.1 * np.sin(2 * np.pi * 440 * time),
        "irregular clicks": clicks(np.sort(rng.uniform(0, 30, 60)), 30),
    }
    return {name: np.asarray(sound, np.float32) for name, sound in sounds.items()}


@pytest.mark.parametrize("name", list(unmetrical()))
def test_without_a_beat_the_confidence_is_low(name: str) -> None:
    beats = track_beats(unmetrical()[name], RATE_HZ)
    assert beats.confidence < 0.2
    check_cover(beats, 30)


@pytest.mark.parametrize("length", [0, 1, 100, 511, 512, 4000, RATE_HZ, 2 * RATE_HZ])
@pytest.mark.parametrize("kind", ["silence", "noise"])
def test_recordings_that_are_very_short(length: int, kind: str) -> None:
    noise = np.random.default_rng(0).standard_normal(length) * (kind == "noise")
    beats = track_beats(noise.astype(np.float32), RATE_HZ)
    assert beats.confidence < 0.2
    check_cover(beats, length / RATE_HZ)
    assert np.isfinite(beats.phase(np.array([-1.0, 0.0, 5.0]))).all()


def test_the_phase_goes_on_beyond_the_beats() -> None:
    beats = Beats(np.array([0.0, 0.5, 1.5]), 1.0, np.ones(3))
    times = np.array([-0.25, 0.0, 0.25, 0.5, 1.0, 1.5, 2.5])
    np.testing.assert_array_equal(beats.phase(times), [-0.5, 0, 0.5, 1, 1.5, 2, 3])
    np.testing.assert_array_equal(beats.period(times), [0.5, 0.5, 0.5, 1, 1, 1, 1])


def test_the_same_sound_has_the_same_beats_at_any_level_and_in_16_bits() -> None:
    sound = random_melody(3, RATE_HZ, 20.0)
    beats = track_beats(sound, RATE_HZ)
    again, whole = track_beats(sound, RATE_HZ), track_beats(to_int16(sound), RATE_HZ)
    np.testing.assert_array_equal(beats.times, again.times)
    assert beats.confidence == again.confidence
    np.testing.assert_allclose(whole.times, beats.times, atol=0.005)
    np.testing.assert_allclose(track_beats(sound / 64, RATE_HZ).times, beats.times, atol=1e-4)


def test_a_given_tempo_chooses_the_octave() -> None:
    sound = clicks(np.arange(0.3, 29.9, 0.5), 30)
    for bpm in (60, 120, 240):
        periods = np.diff(track_beats(sound, RATE_HZ, bpm).times)
        assert np.median(periods) == pytest.approx(60 / bpm, rel=0.02)


@pytest.mark.parametrize("bpm", [0, -120, 29, 301, float("nan")])
def test_a_tempo_beyond_the_limits_is_refused(bpm: float) -> None:
    with pytest.raises(ReverieError, match="30 to 300"):
        track_beats(np.zeros(RATE_HZ, np.float32), RATE_HZ, bpm)


def test_onset_strength_in_pieces_is_that_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = random_melody(4, RATE_HZ, 5.0)
    whole = onset_strength(sound, RATE_HZ)
    monkeypatch.setattr("reverie.audio.onset_strength._COLUMNS_AT_ONCE", 7)
    np.testing.assert_allclose(onset_strength(sound, RATE_HZ), whole, atol=1e-4)


@pytest.mark.parametrize("name", sorted(LIBROSA["beats"]))
def test_the_beats_agree_with_librosa(name: str) -> None:
    sound = load(RECORDINGS / name, RATE_HZ)[0]
    beats = track_beats(sound, RATE_HZ)
    inside = beats.times[(beats.times >= 0) & (beats.times <= len(sound) / RATE_HZ)]
    assert f_measure(inside, np.array(LIBROSA["beats"][name])) > 0.95
    assert beats.confidence > 0.6
