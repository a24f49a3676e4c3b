"""Stereo music from a stereo corpus: trained, continued, kept; and mono where that is asked for."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from reverie.audio.channels import mixed, with_channels
from reverie.audio.provenance import read_sidecar
from reverie.corpus.corpus import Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.frames.contract import FrameSpec
from reverie.frames.transforms import frame_spec
from reverie.generation.clips import generate, generate_in_memory
from reverie.generation.folder import add_clip
from reverie.generation.prompts import choose_prompts
from reverie.generation.recent import RecentMusic
from reverie.generation.settings import GenerationSettings
from reverie.runs.run import Run
from reverie.training.recipe import load_recipe
from reverie.training.sequences import Sequences
from reverie.training.train import train
from tests.audio.making import music, wav
from tests.conftest import RATE_HZ, SMALL
from tests.stereo import duet, tones, write_duets

STEREO = [*SMALL, "frames.channels=each"]
CLIPS = GenerationSettings(seconds=0.5, count=2, seed=1)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Four duets and a mono recording."""
    folder = tmp_path_factory.mktemp("stereo")
    write_duets(folder / "music", 4, 6.0, RATE_HZ)
    wav(folder / "music" / "mono.wav", music(6.0, seed=7, rate_hz=RATE_HZ), rate_hz=RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ, channels=2, train_on=("mono.wav",))
    return prepare(folder / "music", folder / "corpus", settings, processes=1, quiet=True)


@pytest.fixture(scope="module")
def run(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("run") / "run"
    return train(corpus.folder, load_recipe("paper", STEREO), folder, quiet=True)


def test_sequences_have_both_channels_and_mono_is_on_both(corpus: Corpus) -> None:
    found = Sequences(corpus, corpus.of_split("train"), load_spec("each"), 8)
    places = np.repeat(np.arange(len(found.recordings)), found.counts)
    for batch in found.batches(3, None):
        assert batch.samples.shape[1:] == (2, 9 * 250)
    every = torch.cat([batch.samples for batch in found.batches(3, None)])
    for number, recording in enumerate(found.recordings):
        first = every[int(np.argmax(places == number))].numpy()
        pcm = corpus.pcm(recording)[:, : 9 * 250]
        np.testing.assert_array_equal(first, with_channels(pcm, 2))
        assert np.array_equal(first[0], first[1]) == (recording.channels == 1)
    mono = Sequences(corpus, corpus.of_split("train"), load_spec("mono"), 8)
    one = next(iter(mono.batches(1, None))).samples
    np.testing.assert_allclose(one[0, 0], mixed(every[0].numpy()), atol=1e-7)


def load_spec(channels: str) -> FrameSpec:
    return frame_spec(load_recipe("paper", [*SMALL, f"frames.channels={channels}"]).frames, RATE_HZ)


def test_transposing_keeps_the_sides(corpus: Corpus) -> None:
    found = Sequences(corpus, corpus.of_split("train"), load_spec("each"), 8, transpose_semitones=3)
    for batch in found.batches(4, np.random.default_rng(0)):
        assert batch.samples.shape[1:] == (2, 9 * 250)
        assert torch.isfinite(batch.samples).all()


@pytest.mark.parametrize("name", ["conv", "blocks"])
def test_fronts_that_read_images_take_both_channels(
    corpus: Corpus, tmp_path: Path, name: str
) -> None:
    recipe = load_recipe(
        "paper", [*STEREO, f"model.architecture={name}", "training.epochs=1",
                  "training.keep_epochs=[]"],
    )  # fmt: skip
    made = train(corpus.folder, recipe, tmp_path / "run", quiet=True)
    ((wave, _),) = generate_in_memory(made, dataclasses.replace(CLIPS, count=1), quiet=True)
    assert wave.shape == (2, RATE_HZ // 2)


def test_clips_are_stereo(run: Run, tmp_path: Path) -> None:
    made = generate(run, CLIPS, tmp_path / "clips", quiet=True)
    held = generate_in_memory(run, CLIPS, quiet=True)
    for clip, (wave, facts) in zip(made, held, strict=True):
        read, rate_hz = soundfile.read(clip.path, dtype="float32")
        assert rate_hz == RATE_HZ
        assert read.T.shape == wave.shape == (2, RATE_HZ // 2)
        np.testing.assert_allclose(read.T, np.clip(wave, -1, 1), atol=1 / 32000)
        assert not np.array_equal(wave[0], wave[1])
        beside = read_sidecar(clip.path).provenance
        assert beside is not None
        assert beside.prompt == facts.prompt == clip.prompt
        assert clip.path.with_suffix(".png").exists()


def test_a_prompt_of_a_file_is_stereo_too(run: Run, tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tones(4.0, RATE_HZ).T, rate_hz=RATE_HZ)
    for at in (None, 0.5):
        _, taken = choose_prompts(run, str(path), 2, np.random.default_rng(0), at_seconds=at)
        assert taken.samples.shape[:2] == (2, 2)
        assert not torch.equal(taken.samples[0, 0], taken.samples[0, 1])
    alone = wav(tmp_path / "mono.wav", duet(4.0, RATE_HZ)[:, :1], rate_hz=RATE_HZ)
    _, taken = choose_prompts(run, str(alone), 1, np.random.default_rng(0))
    assert torch.equal(taken.samples[0, 0], taken.samples[0, 1])
    _, nothing = choose_prompts(run, "nothing", 2, np.random.default_rng(0))
    assert nothing.samples.shape[:2] == (2, 2)


def test_mono_frames_of_a_stereo_corpus_make_mono(corpus: Corpus, tmp_path: Path) -> None:
    made = train(corpus.folder, load_recipe("paper", SMALL), tmp_path / "run", quiet=True)
    prompts, taken = choose_prompts(made, "held-out", 1, np.random.default_rng(0))
    (recording,) = (one for one in corpus.recordings if one.path == prompts[0].recording)
    begin = round(prompts[0].offset_seconds * RATE_HZ)
    pcm = corpus.pcm(recording)[:, begin : begin + taken.samples.shape[-1]]
    np.testing.assert_array_equal(taken.samples[0, 0], mixed(pcm))
    clip = generate(made, CLIPS, tmp_path / "clips", quiet=True)[0]
    assert soundfile.info(clip.path).channels == 1


def test_what_is_kept_of_endless_music_is_stereo(run: Run, tmp_path: Path) -> None:
    (_, facts), *_ = generate_in_memory(run, CLIPS, quiet=True)
    recent = RecentMusic(1.0, facts, 2)
    sound = tones(3.0, RATE_HZ)
    for piece in np.array_split(sound, 17, axis=1):
        recent.append(piece)
    samples, first = recent.last(0.75)
    np.testing.assert_array_equal(samples, sound[:, first : first + len(samples[0])])
    path = add_clip(tmp_path / "kept", samples, facts)
    read, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_allclose(read.T, samples, atol=1 / 32000)
