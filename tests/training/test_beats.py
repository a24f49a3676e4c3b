"""The beat that sequences are told."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from reverie.corpus.corpus import Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.frames.mdct import MdctFrames
from reverie.training.sequences import Sequences

RATE_HZ = 8000
PERIOD = 0.5
FRAMES = MdctFrames(200).spec
T = 16


@pytest.fixture(scope="module")
def clicking(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Two recordings of clicks, twice a second."""
    folder = tmp_path_factory.mktemp("clicks")
    rng = np.random.default_rng(0)
    for number in range(2):
        wave = rng.normal(0, 0.003, 20 * RATE_HZ)
        for first in range(0, len(wave) - 400, round(PERIOD * RATE_HZ)):
            wave[first : first + 400] += rng.normal(0, 0.3, 400) * np.hanning(400)
        soundfile.write(folder / f"{number}.wav", wave, RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ)
    return prepare(folder, folder / "corpus", settings, quiet=True)


def sequences(corpus: Corpus, **told: float) -> Sequences:
    return Sequences(
        corpus,
        corpus.of_split("train"),
        FRAMES,
        T,
        "random",
        beat=True,
        **told,  # pyright: ignore[reportArgumentType]
    )


def test_each_step_is_told_the_beat_of_its_next_frame(clicking: Corpus) -> None:
    found = sequences(clicking)
    for number, batch in enumerate(found.batches(1, None)):
        assert batch.beat is not None
        start = number * found.stride_samples
        middles = (start + FRAMES.centre_samples(np.arange(1, T + 1))) / RATE_HZ
        # The middle of a click comes 25 ms after its beginning.
        off = (batch.beat[0, :, 0].numpy() - (middles - 0.025) / PERIOD) % 1
        assert (np.minimum(off, 1 - off) < 0.12).all()
        np.testing.assert_allclose(batch.beat[0, :, 1].numpy(), PERIOD, atol=0.05)


def test_parity_and_silence_are_drawn(clicking: Corpus) -> None:
    found = sequences(clicking, beat_dropout=0.5)
    rng = np.random.default_rng(3)
    told = [batch.beat for _ in range(4) for batch in found.batches(64, rng)]
    periods = np.concatenate([beat[:, :, 1].numpy() for beat in told if beat is not None])
    silent = (periods == 0).all(axis=1)
    assert 0.3 < silent.mean() < 0.7
    assert ((periods == 0).any(axis=1) == silent).all()
    for one, other in zip(
        found.batches(5, np.random.default_rng(4)),
        found.batches(5, np.random.default_rng(4)),
        strict=True,
    ):
        assert one.beat is not None
        assert other.beat is not None
        assert one.beat.equal(other.beat)
    rest = list(found.batches(5, np.random.default_rng(4), skip=1))
    whole = list(found.batches(5, np.random.default_rng(4)))
    assert rest[0].beat is not None
    assert whole[1].beat is not None
    assert rest[0].beat.equal(whole[1].beat)


def test_transposed_music_has_another_tempo(clicking: Corpus, tmp_path: Path) -> None:
    del tmp_path
    found = sequences(clicking, transpose_semitones=12)
    (batch,) = found.batches(1000, np.random.default_rng(0))
    assert batch.beat is not None
    periods = np.unique(batch.beat[:, 0, 1].numpy().round(1))
    assert periods.min() < 0.35
    assert periods.max() > 0.7
    # The phase moves on with the tempo.
    steps = np.diff(batch.beat[:, :, 0].numpy()) % 2
    expected = FRAMES.hop_samples / RATE_HZ / batch.beat[:, 1:, 1].numpy()
    assert np.median(np.abs(steps - expected)) < 0.01
