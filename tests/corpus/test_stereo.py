"""Corpora of stereo recordings: what is kept, what is mixed, and older corpora."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm
import pytest

from reverie.audio.channels import mixed
from reverie.corpus.corpus import MANIFEST, Corpus
from reverie.corpus.journal import NAME as JOURNAL
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.corpus.summary import lines
from reverie.similarity.stream import pieces
from tests.audio.making import encode, music, wav
from tests.corpus.older import as_version_3
from tests.stereo import duet, is_in_order, tones, write_duets

RATE_HZ = 16000


def make(recordings: Path, out: Path, **changes: Any) -> Corpus:
    settings = PrepareSettings(**{"channels": 2, "rate_hz": RATE_HZ, **changes})
    return prepare(recordings, out, settings, processes=1, quiet=True)


@pytest.fixture(scope="module")
def mixed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mono, stereo, equal channels and surround, at rates from 22.05 to 192 kHz."""
    folder = tmp_path_factory.mktemp("mixed")
    wav(folder / "mono.wav", music(3.0, seed=1, rate_hz=22050), rate_hz=22050)
    wav(folder / "stereo.flac", tones(3.0, 44100).T, rate_hz=44100)
    equal = music(3.0, seed=2, rate_hz=48000).repeat(2, axis=1)
    wav(folder / "equal.wav", equal, rate_hz=48000)
    encode(folder / "duet.mp3", duet(4.0, 44100, 3), "libmp3lame", bit_rate=192_000)
    for name, rate_hz in (("surround.flac", 48000), ("surround 192.flac", 192000)):
        sides = duet(3.0, rate_hz, 4 + rate_hz)
        rest = 0.3 * duet(3.0, rate_hz, 5)
        sound = np.concatenate([sides, rest, 0 * rest], axis=1).astype(np.float32)
        encode(folder / name, sound, "flac", rate_hz=rate_hz)
    return folder


def test_each_recording_has_the_channels_it_has(mixed_folder: Path, tmp_path: Path) -> None:
    corpus = make(mixed_folder, tmp_path / "corpus")
    found = {one.path: one for one in corpus.recordings}
    assert {path: one.channels for path, one in found.items()} == {
        "mono.wav": 1,
        "stereo.flac": 2,
        "equal.wav": 1,
        "duet.mp3": 2,
        "surround.flac": 2,
        "surround 192.flac": 2,
    }
    assert corpus.channels == 2
    assert {one.source_channels for one in corpus.recordings} == {1, 2, 6}
    assert "its 6 channels are mixed to two" in found["surround.flac"].notes
    assert found["mono.wav"].notes == found["stereo.flac"].notes == ()
    sound = corpus.pcm(found["stereo.flac"]) / 32768
    assert sound.shape == (2, 3 * RATE_HZ)
    assert is_in_order(sound, RATE_HZ)
    for one in corpus.recordings:
        pcm = corpus.pcm(one)
        assert pcm.shape == (one.channels, one.samples)
        content = np.ascontiguousarray(pcm.T).tobytes()
        assert one.content_hash == hashlib.sha256(content).hexdigest()
        np.testing.assert_allclose(corpus.mono(one)[:] / 32768, mixed(pcm), atol=1e-4)
        rms = 20 * np.log10(np.sqrt(np.square(mixed(pcm)).mean()))
        assert one.rms_dbfs == pytest.approx(rms, abs=0.05)
        loudness = pyloudnorm.Meter(RATE_HZ).integrated_loudness(pcm.T / 32768)
        assert one.loudness_lufs == pytest.approx(loudness, abs=0.1)
    assert "4 recordings in stereo" in " ".join(lines(corpus))
    corpus.check(quiet=True)
    again = make(mixed_folder, tmp_path / "corpus")
    assert again.content_hash == corpus.content_hash


def test_mono_is_asked_for(mixed_folder: Path, tmp_path: Path) -> None:
    corpus = make(mixed_folder, tmp_path / "corpus", channels=1)
    assert {one.channels for one in corpus.recordings} == {corpus.channels} == {1}
    stereo = make(mixed_folder, tmp_path / "corpus", channels=2)
    for one, other in zip(corpus.recordings, stereo.recordings, strict=True):
        assert (one.content_hash == other.content_hash) == (other.channels == 1)
    back = make(mixed_folder, tmp_path / "corpus", channels=1)
    assert back.content_hash == corpus.content_hash


def test_a_folder_of_one_kind(tmp_path: Path) -> None:
    (tmp_path / "mono").mkdir()
    for number in range(3):
        wav(tmp_path / "mono" / f"{number}.wav", music(3.0, seed=number))
    write_duets(tmp_path / "stereo", 3, 3.0, RATE_HZ)
    assert make(tmp_path / "mono", tmp_path / "one").channels == 1
    two = make(tmp_path / "stereo", tmp_path / "two")
    assert two.channels == 2
    assert "at 16 kHz, stereo." in " ".join(lines(two))


def test_pieces_that_are_searched_are_mono(tmp_path: Path) -> None:
    write_duets(tmp_path / "stereo", 2, 4.0, RATE_HZ)
    corpus = make(tmp_path / "stereo", tmp_path / "corpus")
    for piece in pieces(corpus, corpus.recordings):
        pcm = corpus.pcm(corpus.recordings[piece.recording])
        np.testing.assert_allclose(piece.wave, mixed(pcm), atol=1e-4)


def test_a_mono_copy_of_a_stereo_recording_is_a_duplicate(tmp_path: Path) -> None:
    write_duets(tmp_path / "in", 2, 8.0, RATE_HZ)
    sound = 0.7 * duet(8.0, RATE_HZ, 0).mean(axis=1)
    wav(tmp_path / "in" / "x copy.wav", sound.astype(np.float32)[:, None], rate_hz=RATE_HZ)
    corpus = make(tmp_path / "in", tmp_path / "corpus")
    assert [one.path for one in corpus.refused] == ["x copy.wav"]
    assert "the same recording as duet 0.wav" in corpus.refused[0].reason


def test_one_long_stereo_recording_is_divided(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    sound = duet(60.0, RATE_HZ)
    wav(tmp_path / "in" / "concert.wav", sound, rate_hz=RATE_HZ)
    corpus = make(tmp_path / "in", tmp_path / "corpus")
    train, held_out = sorted(corpus.recordings, key=lambda one: one.offset_samples)
    assert (train.split, held_out.split) == ("train", "held-out")
    np.testing.assert_allclose(corpus.pcm(train) / 32768, sound[: train.samples].T, atol=1e-4)
    np.testing.assert_allclose(
        corpus.pcm(held_out) / 32768, sound[-held_out.samples :].T, atol=1e-4
    )
    corpus.check(quiet=True)
    assert any("concert.wav" in line for line in lines(corpus))


def test_deleting_recordings_moves_those_of_two_channels_whole(tmp_path: Path) -> None:
    write_duets(tmp_path / "in", 5, 3.0, RATE_HZ)
    wav(tmp_path / "in" / "mono.wav", music(3.0, seed=9, rate_hz=RATE_HZ), rate_hz=RATE_HZ)
    before = make(tmp_path / "in", tmp_path / "corpus")
    whole = {one.path: before.pcm(one).copy() for one in before.recordings}
    for number in range(4):
        (tmp_path / "in" / f"duet {number}.wav").unlink()
    after = make(tmp_path / "in", tmp_path / "corpus")
    assert {one.path for one in after.recordings} == {"duet 4.wav", "mono.wav"}
    for one in after.recordings:
        np.testing.assert_array_equal(after.pcm(one), whole[one.path])
    size = sum(path.stat().st_size for path in (tmp_path / "corpus" / "shards").iterdir())
    assert size == 2 * sum(one.values for one in after.recordings)


def without_channels(folder: Path) -> None:
    """Make a mono corpus look as older versions wrote it."""
    manifest = as_version_3(folder)
    manifest["format_version"] = 2
    del manifest["settings"]["channels"]
    for recording in manifest["recordings"]:
        del recording["channels"]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    entries = [json.loads(line) for line in (folder / JOURNAL).read_text().splitlines()]
    for entry in entries:
        del entry["channels"], entry["analysed"]["channels"]
    (folder / JOURNAL).write_text("".join(json.dumps(entry) + "\n" for entry in entries))


def test_an_older_corpus_is_mono_and_is_not_decoded_again(
    mixed_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = make(mixed_folder, tmp_path / "corpus", channels=1)
    without_channels(tmp_path / "corpus")
    old = Corpus.open(tmp_path / "corpus")
    assert old.channels == 1
    assert old.content_hash == new.content_hash
    old.check(quiet=True)

    def refuse(*_: object) -> Callable[[], None]:
        raise AssertionError("a recording is decoded again")

    monkeypatch.setattr("reverie.corpus.decoding.Pool", refuse)
    assert make(mixed_folder, tmp_path / "corpus", channels=1).content_hash == new.content_hash
