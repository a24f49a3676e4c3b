"""Codes of stereo recordings with high bands: trained, continued, and the same again."""

import dataclasses
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from reverie.corpus.corpus import Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.frames.full_band.codec import FullBandCodec
from reverie.generation.clips import generate, generate_in_memory
from reverie.generation.settings import GenerationSettings
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.training.decoder import fit_decoder
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.conftest import SMALL

RATE_HZ = 22_050
SETTINGS = [
    *SMALL,
    "frames.transform=codes",
    "frames.channels=each",
    "frames.hop_seconds=0.032",
    "frames.n_codebooks=2",
    "frames.codebook_size=16",
    "frames.n_components=12",
    "frames.decoder=context",
    "model.head_width=8",
    "training.sequence_seconds=0.512",
    "frames.decoder_channels=32",
    "training.decoder_steps=150",
    "training.epochs=2",
    "training.keep_epochs=[]",
]
CLIPS = GenerationSettings(seconds=1.5, count=2, seed=1)


def write_hissing(folder: Path, count: int) -> None:
    """Tones that are struck on the left, up to 8 kHz, and hiss above that on the right."""
    folder.mkdir()
    for number in range(count):
        rng = np.random.default_rng(number)
        time = np.arange(5 * RATE_HZ) / RATE_HZ
        struck = np.exp(-6 * (time % 0.5))
        notes = rng.integers(0, 12, 10)[(time / 0.5).astype(int).clip(0, 9)]
        phase = 2 * np.pi * np.cumsum(200 * 2 ** (notes / 12)) / RATE_HZ
        tone = 0.05 * struck * sum(np.sin(harmonic * phase) for harmonic in range(1, 20))
        spectrum = np.fft.rfft(rng.standard_normal(len(time)))
        spectrum[np.fft.rfftfreq(len(time), 1 / RATE_HZ) < 8300] = 0
        hiss = 0.3 * struck * np.fft.irfft(spectrum, len(time))
        sides = np.stack([tone + 0.2 * hiss, 0.3 * tone + hiss], axis=1)
        soundfile.write(folder / f"{number}.wav", sides, RATE_HZ, subtype="PCM_16")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("hissing")
    write_hissing(folder / "music", 4)
    settings = PrepareSettings(rate_hz=RATE_HZ, channels=2)
    return prepare(folder / "music", folder / "corpus", settings, processes=1, quiet=True)


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return load_recipe("paper", SETTINGS)


@pytest.fixture(scope="module")
def run(corpus: Corpus, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(corpus.folder, recipe, tmp_path_factory.mktemp("run") / "run", quiet=True)


def test_clips_lie_to_the_side_as_their_prompts_do(run: Run, tmp_path: Path) -> None:
    codec = run.representation()
    assert isinstance(codec, FullBandCodec)
    assert codec.bands.n_high
    for clip in generate(run, CLIPS, tmp_path / "clips", quiet=True):
        samples, rate_hz = soundfile.read(clip.path)
        assert (rate_hz, samples.shape) == (RATE_HZ, (round(1.5 * RATE_HZ), 2))
        spectra = np.abs(np.fft.rfft(samples, axis=0)) ** 2
        hertz = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
        low = spectra[hertz < 2000].sum(0)
        high = spectra[(hertz > 8500) & (hertz < 10_500)].sum(0)
        assert low[0] > 2 * low[1]
        assert high[1] > 2 * high[0]


def test_the_same_training_gives_the_same_bytes(
    corpus: Corpus, recipe: Recipe, run: Run, tmp_path: Path
) -> None:
    again = train(corpus.folder, recipe, tmp_path / "run", quiet=True)
    assert again.statistics.read_bytes() == run.statistics.read_bytes()
    for one, two in zip(
        generate_in_memory(run, CLIPS, quiet=True),
        generate_in_memory(again, CLIPS, quiet=True),
        strict=True,
    ):
        np.testing.assert_array_equal(one[0], two[0])


def test_what_is_fitted_hears_attacks(corpus: Corpus, run: Run) -> None:
    codec = run.representation()
    assert isinstance(codec, FullBandCodec)
    pcm = corpus.pcm(corpus.of_split("train")[0])[:, : codec.spec.samples_for(100)] / 32768
    music = torch.from_numpy(pcm).float().unsqueeze(0)
    wanted = codec.measure(music)
    vectors = codec.narrow.quantiser.decode(codec.analyse(music))
    with torch.no_grad():
        told = codec.tell(vectors, wanted.mean(1))
    levels = 4 * codec.bands.n_high
    each = [one[0, :, :levels].mean(1) for one in (told, codec.teller.inner(wanted))]
    assert torch.corrcoef(torch.stack(each))[0, 1] > 0.5


def test_a_stop_leaves_nothing_half_done(corpus: Corpus, recipe: Recipe, run: Run) -> None:
    codec = run.representation()
    assert isinstance(codec, FullBandCodec)
    stop = threading.Event()
    stop.set()
    assert fit_decoder(codec, corpus, recipe, torch.device("cpu"), stop, quiet=True) is None


def test_mono_recordings_make_mono_clips(
    corpus_folder: Path, recipe: Recipe, tmp_path: Path
) -> None:
    made = train(corpus_folder, recipe, tmp_path / "run", quiet=True)
    assert made.recipe.frames.channels == "mono"
    ((wave, _),) = generate_in_memory(made, dataclasses.replace(CLIPS, count=1), quiet=True)
    assert len(wave) == 1
    # Called again with what it was called with before, it goes on.
    assert train(corpus_folder, recipe, tmp_path / "run", quiet=True).recipe == made.recipe
