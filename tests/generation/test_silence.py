"""What sounds and what is silence, whatever its level, its offset and its hiss."""

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.generation.silence import Sounding

RATE_HZ = 8000
BLOCK = 400


def tone(seconds: float, amplitude: float = 0.3) -> NDArray[np.float32]:
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * 330 * time)).astype(np.float32)


def hiss(seconds: float, amplitude: float) -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    return (amplitude * rng.standard_normal(round(seconds * RATE_HZ))).astype(np.float32)


@pytest.mark.parametrize("level", [1.0, 0.01, 1e-3])
@pytest.mark.parametrize("floor", [0.0, 1e-6, 1e-3])
@pytest.mark.parametrize("offset", [0.0, 0.2])
def test_the_end_is_that_of_the_last_sound(level: float, floor: float, offset: float) -> None:
    rest = hiss(4.0, floor)
    sound = level * np.concatenate([tone(2.0), rest]) + np.float32(offset)
    assert Sounding.of(sound.astype(np.float32), RATE_HZ).end == 2 * RATE_HZ


def test_sixteen_bits_are_the_same() -> None:
    sound = np.concatenate([tone(2.0), hiss(4.0, 1e-4)])
    assert Sounding.of(np.round(sound * 32767).astype(np.int16), RATE_HZ).end == 2 * RATE_HZ


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(9000, np.float32),
        np.full(9000, 0.5, np.float32),
        np.empty(0, np.float32),
        hiss(1.0, 2e-5),
        np.random.default_rng(0).integers(-1, 2, 9000).astype(np.int16),
    ],
)
def test_silence_has_no_end(sound: NDArray[np.float32]) -> None:
    assert Sounding.of(sound, RATE_HZ).end == 0


def test_soft_music_is_sound() -> None:
    sound = np.concatenate([tone(1.0), tone(1.0, 0.01)])  # 30 dB under
    assert Sounding.of(sound, RATE_HZ).end == 2 * RATE_HZ
    sound = np.concatenate([tone(1.0), tone(1.0, 0.0015)])  # 46 dB under
    assert Sounding.of(sound, RATE_HZ).end == RATE_HZ


def test_a_last_block_that_is_cut_short_counts() -> None:
    assert Sounding.of(tone(1.01), RATE_HZ).end == round(1.01 * RATE_HZ)
    assert Sounding.of(tone(0.02), RATE_HZ).end == round(0.02 * RATE_HZ)


def test_long_recordings_are_read_in_pieces() -> None:
    sound = np.zeros(RATE_HZ * 300, np.int16)
    for second in (7, 203, 251):
        sound[second * RATE_HZ :][:BLOCK] = 9000 * np.sign(tone(0.05))
    assert Sounding.of(sound, RATE_HZ).end == 251 * RATE_HZ + BLOCK


@pytest.mark.parametrize(
    ("wanted", "lowest", "highest", "found"),
    [
        (5 * BLOCK + 1, 1, 40 * BLOCK, 5 * BLOCK + 1),  # in the first sample of a sound
        (6 * BLOCK, 1, 40 * BLOCK, 6 * BLOCK),  # at its end
        (6 * BLOCK + 1, 1, 40 * BLOCK, 6 * BLOCK),  # after it
        (20 * BLOCK, 1, 40 * BLOCK, 6 * BLOCK),
        (20 * BLOCK, 6 * BLOCK, 40 * BLOCK, 6 * BLOCK),
        (20 * BLOCK, 6 * BLOCK + 1, 40 * BLOCK, 31 * BLOCK),  # too early: the next
        (3 * BLOCK, 2 * BLOCK, 40 * BLOCK, 6 * BLOCK),
        (3 * BLOCK, 2 * BLOCK, 5 * BLOCK + 7, 5 * BLOCK + 7),
        (3 * BLOCK, 2 * BLOCK, 5 * BLOCK, None),
        (40 * BLOCK, 31 * BLOCK + 1, 40 * BLOCK, None),
    ],
)
def test_where_a_stretch_ends_with_sound(
    wanted: int, lowest: int, highest: int, found: int | None
) -> None:
    sound = np.zeros(40 * BLOCK, np.float32)
    for block in (5, 30):
        sound[block * BLOCK :][:BLOCK] = tone(0.05)
    assert Sounding.of(sound, RATE_HZ).end_near(wanted, lowest, highest) == found
