"""One function mixes to mono, and channels are added and taken away as is said."""

import numpy as np
import pytest

from reverie.audio.channels import (
    as_public,
    concatenated,
    from_public,
    mixed,
    mono_wave,
    with_channels,
)

SAMPLES = np.random.default_rng(0).uniform(-1, 1, (2, 1000)).astype(np.float32)


def test_the_mix_is_the_mean() -> None:
    np.testing.assert_allclose(mixed(SAMPLES), SAMPLES.mean(axis=0), atol=1e-7)
    np.testing.assert_array_equal(mixed(SAMPLES[:1]), SAMPLES[0])
    whole = np.array([[32767, -32768, 3], [32767, -32768, 5]], np.int16)
    np.testing.assert_array_equal(mixed(whole) * 32768, [32767, -32768, 4])
    odd = np.array([[0, np.nan, 1], [0, 0, np.inf]], np.float32)
    for channels in (1, 2):
        found = with_channels(odd, channels)
        assert np.isfinite(found).all(axis=0).tolist() == [True, False, False]


@pytest.mark.parametrize("channels", [1, 2])
def test_as_many_as_are_wanted(channels: int) -> None:
    for given in (SAMPLES, SAMPLES[:1]):
        found = with_channels(given, channels)
        assert found.shape == (channels, 1000)
        np.testing.assert_allclose(mixed(found), mixed(given), atol=1e-7)
    np.testing.assert_array_equal(with_channels(SAMPLES, 2), SAMPLES)
    pieces = np.split(SAMPLES, [300, 301], axis=1)
    np.testing.assert_array_equal(concatenated(pieces, channels), with_channels(SAMPLES, channels))
    assert concatenated([], channels).shape == (channels, 0)


def test_a_mix_that_is_read_in_spans_is_the_mix() -> None:
    for samples in (SAMPLES, (20000 * SAMPLES).astype(np.int16)):
        wave = mono_wave(samples)
        assert len(wave) == 1000
        part = wave[10:500]
        assert part.dtype == samples.dtype
        scale = 1 if samples.dtype == np.float32 else 32768
        np.testing.assert_allclose(part / scale, mixed(samples)[10:500], atol=0.51 / scale)


def test_the_public_shape_is_librosas() -> None:
    assert as_public(SAMPLES).shape == (2, 1000)
    assert as_public(SAMPLES[:1]).shape == (1000,)
    assert from_public(SAMPLES[0]).shape == (1, 1000)
    assert from_public(SAMPLES).shape == (2, 1000)
