"""A loop repeats without a click, on whole beats where there is a pulse."""

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.audio.loops import SHORTEST_SECONDS, Loop, faded, find_loop
from reverie.errors import ReverieError
from tests.audio.test_beats import clicks

RATE_HZ = 16000


def pulse(bpm: float, seconds: float = 12.0, start: float = 0.4) -> NDArray[np.float32]:
    """Struck tones on every beat over a held chord, [S]."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    held = 0.1 * np.sin(2 * np.pi * 110.3 * time) + 0.05 * np.sin(2 * np.pi * 277.1 * time)
    return clicks(np.arange(start, seconds - 0.1, 60 / bpm), seconds) + held.astype(np.float32)


def cut(sound: NDArray[np.float32], loop: Loop) -> NDArray[np.float32]:
    """The loop itself, [S]."""
    fade = loop.crossfade
    ending = faded(
        sound[loop.last - fade : loop.last, None],
        sound[loop.first - fade : loop.first, None],
        loop.likeness,
    )[:, 0]
    return np.concatenate([sound[loop.first : loop.last - fade], ending])


def joint_click(sound: NDArray[np.float32]) -> float:
    """How much the sound bends at the joint of its repetition, in its own usual bends there.

    A click is a bend that what lies around it does not have.
    """
    twice = np.concatenate([sound, sound]).astype(np.float64)
    bends = np.abs(np.diff(twice, 3))
    joint = len(sound)
    around = np.concatenate([bends[joint - 800 : joint - 20], bends[joint + 20 : joint + 800]])
    return float(bends[joint - 4 : joint + 4].max() / max(around.max(), 1e-9))


@pytest.mark.parametrize("bpm", [72, 96, 120, 150])
def test_whole_beats_and_bars(bpm: int) -> None:
    sound = pulse(bpm)
    for unit, whole in (("beats", 1), ("bars", 4)):
        loop = find_loop(sound, RATE_HZ, unit)  # pyright: ignore[reportArgumentType]
        assert loop.beats >= whole
        assert loop.beats % whole == 0
        assert loop.confidence > 0.15
        assert loop.bpm == pytest.approx(bpm, rel=0.01)
        period = 60 / bpm * RATE_HZ
        assert loop.last - loop.first == pytest.approx(loop.beats * period, abs=0.03 * RATE_HZ)
        assert (len(sound) - (loop.last - loop.first)) / period < whole + 2.5


@pytest.mark.parametrize("bpm", [72, 96, 120, 150])
def test_nothing_clicks_at_the_joint(bpm: int) -> None:
    sound = pulse(bpm)
    for unit in ("beats", "bars"):
        loop = find_loop(sound, RATE_HZ, unit)  # pyright: ignore[reportArgumentType]
        repeated = cut(sound, loop)
        assert joint_click(repeated) < 1.5
        # The first sample follows the last as it does in the sound itself.
        assert abs(repeated[0] - repeated[-1]) == pytest.approx(
            abs(sound[loop.first] - sound[loop.first - 1]), abs=1e-6
        )


def test_a_plain_cut_would_click() -> None:
    sound = pulse(96)
    loop = find_loop(sound, RATE_HZ)
    plain = sound[loop.first + 37 : loop.last - 1200]
    assert joint_click(plain) > 1.5


def test_the_ends_rise_through_zero() -> None:
    sound = pulse(120)
    loop = find_loop(sound, RATE_HZ)
    for at in (loop.first, loop.last):
        assert sound[at - 1] < 0 <= sound[at]


@pytest.mark.parametrize("seconds", [SHORTEST_SECONDS, 3.0])
def test_without_a_pulse_nearly_all_of_it_repeats(seconds: float) -> None:
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    noise = 0.05 * np.random.default_rng(0).standard_normal(len(time))
    sound = (0.3 * np.sin(2 * np.pi * 333.3 * time) + noise).astype(np.float32)
    loop = find_loop(sound, RATE_HZ)
    assert (loop.beats, loop.bpm) == (0, 0.0)
    assert loop.first >= loop.crossfade > 0
    assert loop.last - loop.first > loop.crossfade
    assert loop.last - loop.first >= 0.65 * len(sound)
    assert joint_click(cut(sound, loop)) < 1.5


def test_silence_and_a_constant_repeat_too() -> None:
    for level in (0.0, 0.5):
        loop = find_loop(np.full(2 * RATE_HZ, level, np.float32), RATE_HZ)
        repeated = cut(np.full(2 * RATE_HZ, level, np.float32), loop)
        assert np.isfinite(repeated).all()
        assert np.abs(repeated - level).max() < 1e-6


def test_what_is_too_short_is_said() -> None:
    with pytest.raises(ReverieError, match=r"0\.40 s of sound are too short for a loop"):
        find_loop(np.zeros(round(0.4 * RATE_HZ), np.float32), RATE_HZ)


@pytest.mark.parametrize("likeness", [0.0, 0.5, 1.0])
def test_the_level_stays_even_through_a_crossfade(likeness: float) -> None:
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((2, 200_000)).astype(np.float32)
    other = (likeness * one + np.sqrt(1 - likeness**2) * other).astype(np.float32)
    mixed = faded(one[:, None], other[:, None], likeness)[:, 0]
    powers = np.square(mixed.reshape(20, -1)).mean(axis=1)
    assert powers == pytest.approx(np.ones(20), abs=0.05)
    stereo = faded(np.stack([one, one], 1), np.stack([other, other], 1), likeness)
    np.testing.assert_array_equal(stereo[:, 1], mixed)
