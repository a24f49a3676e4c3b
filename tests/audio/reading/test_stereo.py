"""Two channels are kept in their order, more are mixed down to two, and equal ones are one."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.audio.channels import mixed
from reverie.audio.reading.decode import best_reading, decode, load
from reverie.audio.reading.downmix import downmix
from reverie.audio.reading.mixing import OPPOSED
from tests.audio.making import RATE_HZ, encode, music, wav
from tests.stereo import duet, is_in_order, tones

SOUND = duet(2.0, RATE_HZ)
LEFT, RIGHT = SOUND[:, 0], SOUND[:, 1]


def beside(left: NDArray[Any], right: NDArray[Any]) -> NDArray[np.float32]:
    return np.stack([left, right], axis=1).astype(np.float32)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aiff"])
def test_two_channels_stay_as_they_are(tmp_path: Path, name: str) -> None:
    path = wav(tmp_path / name, SOUND)
    np.testing.assert_allclose(load(path, RATE_HZ, 2), SOUND.T, atol=1e-4)
    np.testing.assert_allclose(load(path, RATE_HZ), SOUND.mean(axis=1)[None], atol=1e-4)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp3", "libmp3lame"), ("a.m4a", "aac"), ("a.ogg", "vorbis")]
)
def test_left_stays_left_in_lossy_files(tmp_path: Path, name: str, codec: str) -> None:
    path = encode(tmp_path / name, tones(2.0, RATE_HZ).T, codec, bit_rate=192_000)
    assert is_in_order(load(path, RATE_HZ, 2), RATE_HZ)


@pytest.mark.parametrize("rate_hz", [22050, 96000, 192000])
def test_left_stays_left_at_any_rate(tmp_path: Path, rate_hz: int) -> None:
    path = wav(tmp_path / "a.wav", tones(1.0, rate_hz).T, rate_hz=rate_hz)
    found = load(path, 48000, 2)
    assert found.shape == pytest.approx((2, 48000), abs=1)
    assert is_in_order(found, 48000)


def test_mono_is_one_channel_whatever_is_asked_for(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", SOUND[:, :1])
    np.testing.assert_array_equal(load(path, RATE_HZ, 2), load(path, RATE_HZ, 1))


def test_equal_channels_are_one(tmp_path: Path) -> None:
    once = LEFT
    hiss = np.random.default_rng(0).standard_normal(len(once)).astype(np.float32)
    for number, other in enumerate((once, once + 3e-5 * hiss)):
        path = wav(tmp_path / f"{number}.wav", beside(once, other))
        found = load(path, RATE_HZ, 2)
        assert len(found) == 1
        np.testing.assert_allclose(found[0], (once + other) / 2, atol=1e-4)
    different = beside(once, once + 0.1 * RIGHT)
    assert len(load(wav(tmp_path / "c.wav", different), RATE_HZ, 2)) == 2


def test_silence_is_one_channel(tmp_path: Path) -> None:
    assert load(wav(tmp_path / "a.wav", np.zeros_like(SOUND)), RATE_HZ, 2).shape == (1, len(SOUND))


def test_channels_out_of_phase_do_not_cancel_in_the_mix(tmp_path: Path) -> None:
    spread = LEFT, -0.9 * LEFT + 0.1 * RIGHT
    path = wav(tmp_path / "a.wav", beside(*spread))
    assert best_reading(path, 2).mixes == {2: OPPOSED}
    found = load(path, RATE_HZ, 2)
    np.testing.assert_allclose(found, np.stack([spread[0], -spread[1]]), atol=1e-4)
    assert np.square(mixed(found)).mean() > 0.8 * np.square(SOUND[:, 0]).mean()
    # What is opposed and else equal is one channel.
    path = wav(tmp_path / "b.wav", beside(LEFT, -LEFT))
    np.testing.assert_allclose(load(path, RATE_HZ, 2), SOUND.T[:1], atol=1e-4)


@pytest.mark.parametrize("rate_hz", [48000, 192000])
def test_surround_is_mixed_to_two(tmp_path: Path, rate_hz: int) -> None:
    left, right = tones(1.0, rate_hz)
    centre = music(1.0, seed=3, rate_hz=rate_hz)[:, 0]
    low = 0.9 * np.sin(2 * np.pi * 50 * np.arange(rate_hz) / rate_hz)
    none = 0 * left
    sound = np.stack([left, right, 0.1 * centre, low, none, none], axis=1).astype(np.float32)
    path = encode(tmp_path / "a.flac", sound, "flac", rate_hz=rate_hz)
    found = load(path, rate_hz, 2)
    total = 1 + 2 * 0.5**0.5
    expected = np.stack([left + 0.5**0.5 * 0.1 * centre, right + 0.5**0.5 * 0.1 * centre]) / total
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert is_in_order(found, rate_hz)


SURROUND = ("FL", "FR", "FC", "LFE", "SL", "SR")


@pytest.mark.parametrize(
    ("names", "left", "right"),
    [
        (SURROUND, (1, 0, 0.7071, 0, 0.7071, 0), (0, 1, 0.7071, 0, 0, 0.7071)),
        (("FL", "FR", "BC"), (1, 0, 0.5), (0, 1, 0.5)),
        (("",) * 6, (1, 0, 0.7071, 0, 0.7071, 0), (0, 1, 0.7071, 0, 0, 0.7071)),
        (("",) * 10, (1, 0) * 5, (0, 1) * 5),
    ],
)
def test_gains_are_those_of_the_standard(
    names: tuple[str, ...], left: tuple[float, ...], right: tuple[float, ...]
) -> None:
    weights = np.array(downmix(names).weights)
    wanted = np.array([left, right])
    np.testing.assert_allclose(weights, wanted / wanted.sum(axis=1).max(), atol=1e-4)


def test_every_layout_of_ffmpeg_can_be_mixed() -> None:
    for count in range(3, 33):
        weights = np.array(downmix(["?"] * count).weights)
        assert weights.shape == (2, count)
        assert weights.sum(axis=1).max() == pytest.approx(1)
        assert (weights >= 0).all()


def test_pieces_all_have_the_same_channels(tmp_path: Path) -> None:
    """A stream that begins in mono and goes on in stereo is stereo."""
    first = wav(tmp_path / "1.flac", SOUND[:, :1]).read_bytes()
    second = wav(tmp_path / "2.flac", SOUND).read_bytes()
    (tmp_path / "both.flac").write_bytes(first + second)
    pieces: list[NDArray[np.float32]] = list(decode(tmp_path / "both.flac", RATE_HZ, 2))
    assert all(len(one) == len(other) == 2 for one, other in pairwise(pieces))
    whole = np.concatenate(pieces, axis=1)
    np.testing.assert_allclose(whole[:, : len(SOUND)], SOUND[:, :1].T.repeat(2, 0), atol=1e-4)
    np.testing.assert_allclose(whole[:, len(SOUND) :], SOUND.T, atol=1e-4)
