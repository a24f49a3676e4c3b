"""The same recording in another encoding is found; other music is not."""

from pathlib import Path

import numpy as np
import pytest

from reverie.audio.decode import load
from reverie.audio.write import to_int16
from reverie.corpus.duplicates import sounds_the_same
from tests.audio.making import encode, music

RATE_HZ = 16000


def pcm(path: Path) -> np.ndarray:
    return to_int16(load(path, RATE_HZ))


@pytest.mark.parametrize(
    ("name", "codec", "rate_hz", "bit_rate"),
    [
        ("a.mp3", "libmp3lame", 44100, 48000),
        ("a.m4a", "aac", 44100, 48000),
        ("a.opus", "libopus", 48000, 24000),
    ],
)
def test_another_encoding_is_the_same(
    tmp_path: Path, name: str, codec: str, rate_hz: int, bit_rate: int
) -> None:
    sound = music(5.0, rate_hz=rate_hz)
    path = encode(tmp_path / name, sound, codec, rate_hz=rate_hz, bit_rate=bit_rate)
    original = to_int16(music(5.0, rate_hz=rate_hz)[:, 0])
    plain = encode(tmp_path / "a.wav", sound, "pcm_s16le", rate_hz=rate_hz)
    assert len(original) == 5 * rate_hz
    assert sounds_the_same(pcm(plain), pcm(path), RATE_HZ)
    assert sounds_the_same(pcm(path), pcm(plain), RATE_HZ)


@pytest.mark.parametrize("shift", [0, 1105, 3000])
@pytest.mark.parametrize("level", [1.0, 0.3, -1.0])
def test_level_delay_and_polarity_do_not_matter(shift: int, level: float) -> None:
    sound = music(5.0, rate_hz=RATE_HZ)[:, 0]
    moved = np.concatenate([np.zeros(shift, np.float32), sound * np.float32(level)])
    assert sounds_the_same(to_int16(sound), to_int16(moved), RATE_HZ)


def test_other_music_is_not_the_same() -> None:
    tunes = [to_int16(music(5.0, rng_seed=seed, rate_hz=RATE_HZ)[:, 0]) for seed in range(7)]
    for index, one in enumerate(tunes):
        for other in tunes[index + 1 :]:
            assert not sounds_the_same(one, other, RATE_HZ)


def test_the_same_beginning_is_not_the_same_piece() -> None:
    one, other = (music(9.0, rng_seed=seed, rate_hz=RATE_HZ)[:, 0] for seed in (1, 2))
    mixed = np.concatenate([one[: 6 * RATE_HZ], other[6 * RATE_HZ :]])
    assert not sounds_the_same(to_int16(one), to_int16(mixed), RATE_HZ)


def test_silence_is_like_nothing() -> None:
    silence = np.zeros(5 * RATE_HZ, np.int16)
    assert not sounds_the_same(silence, silence, RATE_HZ)
