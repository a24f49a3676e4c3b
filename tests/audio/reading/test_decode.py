"""Decoding: formats, rates, channels, and what the encoders put around the sound."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.audio.reading.decode import decode, load
from reverie.audio.resample import Resampler
from reverie.errors import ReverieError
from tests.audio.making import RATE_HZ, encode, mp3, music, wav

NOTHING = np.zeros((1, 0), np.float32)


@pytest.mark.parametrize(
    ("subtype", "tolerance"),
    [("PCM_U8", 1 / 100), ("PCM_16", 1e-4), ("PCM_24", 1e-6), ("PCM_32", 1e-6), ("FLOAT", 1e-6)],
)
def test_every_wav_depth_decodes_to_the_same_samples(
    tmp_path: Path, subtype: str, tolerance: float
) -> None:
    sound = music(1.0)
    decoded = load(wav(tmp_path / "a.wav", sound, subtype=subtype), RATE_HZ)[0]
    np.testing.assert_allclose(decoded, sound[:, 0], atol=tolerance)


def test_channels_are_mixed_to_their_mean(tmp_path: Path) -> None:
    sound = music(0.5, channels=8)
    decoded = load(wav(tmp_path / "a.wav", sound, subtype="FLOAT"), RATE_HZ)[0]
    np.testing.assert_allclose(decoded, sound.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "subtype"),
    [("a.flac", "PCM_16"), ("a.aiff", "PCM_24"), ("a.ogg", "VORBIS"), ("a.wav", "DOUBLE")],
)
def test_containers_of_libsndfile(tmp_path: Path, name: str, subtype: str) -> None:
    sound = music(2.0, channels=2)
    decoded = load(wav(tmp_path / name, sound, subtype=subtype), RATE_HZ)[0]
    assert len(decoded) == len(sound)
    assert np.corrcoef(decoded, sound.mean(axis=1))[0, 1] > 0.98


@pytest.mark.parametrize(
    ("name", "codec", "rate_hz"),
    [("a.mp3", "libmp3lame", 44100), ("a.m4a", "aac", 44100), ("a.opus", "libopus", 48000)],
)
def test_encoder_delay_is_trimmed(tmp_path: Path, name: str, codec: str, rate_hz: int) -> None:
    sound = music(2.0, rate_hz=rate_hz)
    decoded = load(encode(tmp_path / name, sound, codec, rate_hz=rate_hz), rate_hz)[0]
    assert 0 <= len(decoded) - len(sound) < 1200
    # Were the delay left in, the two would be out of step by a thousand samples.
    assert np.corrcoef(decoded[: len(sound)], sound[:, 0])[0, 1] > 0.95


def test_an_mp3_has_exactly_the_samples_that_were_encoded(tmp_path: Path) -> None:
    assert len(load(mp3(tmp_path / "a.mp3", 3.0), RATE_HZ)[0]) == 3 * RATE_HZ


@pytest.mark.parametrize("rate_hz", [8000, 11025, 22050, 96000, 192000])
def test_any_rate_becomes_the_one_asked_for(tmp_path: Path, rate_hz: int) -> None:
    time = np.arange(2 * rate_hz) / rate_hz
    tone = (0.5 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    decoded = load(wav(tmp_path / "a.wav", tone[:, None], rate_hz=rate_hz), 16000)[0]
    assert abs(len(decoded) - 32000) <= 1
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(decoded)) / 16000)
    np.testing.assert_allclose(decoded[800:-800], expected[800:-800], atol=2e-3)


@settings(max_examples=20)
@given(
    count=st.integers(0, 30000),
    pieces=st.lists(st.integers(1, 9000), max_size=8),
    from_hz=st.sampled_from([8000, 22050, 44100, 48000]),
)
def test_resampling_in_pieces_is_resampling_at_once(
    count: int, pieces: list[int], from_hz: int
) -> None:
    sound = np.random.default_rng(count).standard_normal((1, count)).astype(np.float32)
    whole = Resampler(from_hz, 16000)
    expected = np.concatenate([NOTHING, *whole.add(sound), *whole.finish()], axis=1)
    stream = Resampler(from_hz, 16000)
    parts = [one for part in np.split(sound, np.cumsum(pieces), axis=1) for one in stream.add(part)]
    got = np.concatenate([NOTHING, *parts, *stream.finish()], axis=1)
    np.testing.assert_allclose(got, expected, atol=1e-5)
    assert abs(got.shape[1] - count * 16000 / from_hz) <= 1


def test_memory_does_not_hold_the_recording(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", np.zeros((60 * 16000, 1), np.float32), rate_hz=16000)
    assert max(piece.shape[1] for piece in decode(path, 16000)) < 2 * 16000 * 3


def test_odd_tags_and_names_do_not_matter(tmp_path: Path) -> None:
    name = "Für \"Élise\" – 100 % 'live' 音楽.MP3"
    path = mp3(tmp_path / "a.mp3", 2.0).rename(tmp_path / name)
    tag = b"TIT2" + (12).to_bytes(4, "big") + b"\0\0\3\xff\xfe\x80 no utf8"
    head = b"ID3\3\0\0" + bytes([0, 0, 0, len(tag)])
    path.write_bytes(head + tag + path.read_bytes())
    assert len(load(path, RATE_HZ)[0]) == 2 * RATE_HZ


@pytest.mark.parametrize("content", [b"", b"no music at all\n" * 100])
def test_what_cannot_be_loaded_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(ReverieError, match=r"a\.wav"):
        load(tmp_path / "a.wav", 16000)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(ReverieError, match=r"a.wav cannot be used: a pipe or a device"):
        load(tmp_path / "a.wav", 8000)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match=r"gone\.wav.*not there"):
        load(tmp_path / "gone.wav", 16000)


@settings(max_examples=15)
@given(data=st.binary(max_size=300), suffix=st.sampled_from([".mp3", ".wav", ".m4a", ".ogg"]))
def test_no_bytes_whatever_crash_the_decoder(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / f"a{suffix}"
    path.write_bytes(data)
    try:
        load(path, 16000)
    except ReverieError as error:
        assert "a" + suffix in str(error)


def test_soundfile_agrees_on_a_vorbis_file(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.ogg", music(1.5), subtype="VORBIS")
    expected, _ = soundfile.read(path)
    np.testing.assert_allclose(load(path, RATE_HZ)[0], expected, atol=1e-3)
