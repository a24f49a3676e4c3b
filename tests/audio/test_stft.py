"""The short-time transform: its definition, in pieces as in one, in either precision."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.audio.stft import (
    FrameStream,
    frames_at,
    frames_of,
    hann,
    power_of,
    spectra_of,
    stft,
    window_samples,
)

SOUND = np.random.default_rng(0).standard_normal(1000).astype(np.float32)


@pytest.mark.parametrize("single", [False, True])
def test_each_column_is_the_transform_of_its_window(*, single: bool) -> None:
    window = hann(128)
    found = stft(SOUND, window, 50, single=single)
    assert found.shape == (18, 65)
    assert found.dtype == np.complex64
    turns = np.exp(-2j * np.pi * np.outer(np.arange(128), np.arange(65)) / 128)
    for column in (0, 7, 17):
        frame = SOUND[50 * column : 50 * column + 128].astype(np.float64) * window
        np.testing.assert_allclose(found[column], frame @ turns, atol=2e-5)
    np.testing.assert_allclose(power_of(found), np.abs(found) ** 2, rtol=1e-5)


def test_doubles_stay_doubles_and_a_row_is_what_it_is_alone() -> None:
    double = stft(SOUND.astype(np.float64), np.hanning(100), 100)
    assert double.dtype == np.complex128
    for row, frame in zip(double, frames_of(SOUND, 100, 100), strict=True):
        np.testing.assert_array_equal(row, spectra_of(frame, np.hanning(100)))


def test_centred_columns_have_the_ends_mirrored() -> None:
    window = hann(64)
    found = stft(SOUND, window, 32, centred=True)
    assert len(found) == 1 + len(SOUND) // 32
    mirrored = np.concatenate([SOUND[32:0:-1], SOUND[:32]])
    np.testing.assert_array_equal(found[0], spectra_of(mirrored, window))
    np.testing.assert_array_equal(found[2:-2], stft(SOUND, window, 32)[1 : len(found) - 3])


@pytest.mark.parametrize("length", [0, 1, 127])
def test_less_than_a_window_has_no_column(length: int) -> None:
    assert stft(SOUND[:length], hann(128), 32).shape == (0, 65)


def test_frames_cannot_be_written_through() -> None:
    with pytest.raises(ValueError, match="read-only"):
        frames_of(SOUND, 8, 4)[0, 0] = 1


@given(
    cuts=st.lists(st.integers(0, 1000), max_size=8),
    hop=st.sampled_from([1, 3, 10, 16]),
    from_silence=st.booleans(),
)
def test_a_stream_gives_the_frames_of_the_whole(
    *, cuts: list[int], hop: int, from_silence: bool
) -> None:
    stream = FrameStream(16, hop, from_silence=from_silence)
    pieces = np.split(SOUND, sorted(cuts))
    found = np.concatenate([stream.add(piece) for piece in pieces])
    silence = np.zeros(16 - hop if from_silence else 0, np.float32)
    whole = np.concatenate([silence, SOUND])
    np.testing.assert_array_equal(found, frames_of(whole, 16, hop))


def test_frames_reach_beyond_the_ends_into_silence() -> None:
    found = frames_at(SOUND, np.array([-3, 500, 998, 2000]), 5)
    np.testing.assert_array_equal(found[0], [0, 0, 0, *SOUND[:2]])
    np.testing.assert_array_equal(found[1], SOUND[500:505])
    np.testing.assert_array_equal(found[2], [*SOUND[998:], 0, 0, 0])
    assert not found[3].any()
    assert frames_at(np.array([16384], np.int16), np.array([0]), 1).tolist() == [[0.5]]


def test_windows_add_up() -> None:
    np.testing.assert_allclose(hann(64) + np.roll(hann(64), 32), 1, atol=1e-6)
    assert [window_samples(rate_hz, 0.128) for rate_hz in (8000, 16000, 44100)] == [
        1024, 2048, 4096,
    ]  # fmt: skip
