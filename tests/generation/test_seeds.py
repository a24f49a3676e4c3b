"""Seeds end with sound, wherever they are taken from, and say what was left out."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from reverie.cli.app import app
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.frames.settings import measures_of
from reverie.generation.seeds import choose_seeds
from reverie.runs.run import Run
from reverie.training.recipe import load_recipe
from tests.conftest import RATE_HZ, SMALL
from tests.music import random_melody, write_recordings


def seed_of(run: Run, path: Path) -> tuple[float, float, float, np.ndarray]:
    """Offset, seconds and silence left out of the seed from a file, and its samples."""
    (seed,), samples = choose_seeds(run, str(path), 1, np.random.default_rng(0))
    assert seed.recording == str(path)
    taken = samples[0].numpy()
    assert seed.samples_sha256 == hashlib.sha256(taken.tobytes()).hexdigest()
    return seed.offset_seconds, seed.seconds, seed.silence_seconds, taken


def test_the_silence_after_a_tune_is_left_out(run: Run, tmp_path: Path) -> None:
    tune = random_melody(1, RATE_HZ, 4.0)
    hush = (1e-4 * np.random.default_rng(0).standard_normal(3 * RATE_HZ)).astype(np.float32)
    soundfile.write(tmp_path / "tune.wav", tune, RATE_HZ, subtype="FLOAT")
    offset, seconds, silence, samples = seed_of(run, tmp_path / "tune.wav")
    assert silence == 0
    for name, rest in (("padded", 0 * hush), ("hissing", hush)):
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, np.concatenate([tune, rest]), RATE_HZ, subtype="FLOAT")
        same, as_long, left_out, taken = seed_of(run, path)
        assert same == pytest.approx(offset, abs=0.05)
        assert as_long == seconds
        assert left_out == pytest.approx(3.0, abs=0.05)
        assert offset + seconds + silence == pytest.approx(4.0)
        np.testing.assert_array_equal(taken[-99:], samples[-99:])


def test_two_tunes_before_one_silence_are_two_seeds(run: Run, tmp_path: Path) -> None:
    taken: list[bytes] = []
    for number in (1, 2):
        path = tmp_path / f"{number}.wav"
        tune = random_melody(number, RATE_HZ, 4.0)
        soundfile.write(path, np.pad(tune, (0, 5 * RATE_HZ)), RATE_HZ, subtype="FLOAT")
        taken.append(seed_of(run, path)[3].tobytes())
    assert taken[0] != taken[1]


def test_a_silent_file_is_named(run: Run, tmp_path: Path) -> None:
    for name, level in (("zeros", 0.0), ("direct current", 0.25)):
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, np.full(4 * RATE_HZ, level), RATE_HZ, subtype="FLOAT")
        with pytest.raises(ReverieError, match=f"{name}.wav is silent"):
            seed_of(run, path)


def test_too_little_sound_before_silence_is_named(run: Run, tmp_path: Path) -> None:
    blip = np.pad(random_melody(1, RATE_HZ, 1.0)[:200], (0, 4 * RATE_HZ))
    recipe = load_recipe("paper", [*SMALL, "model.architecture=blocks"])  # a step sees 750 samples
    blocks = Run(run.folder, recipe, run.corpus_folder, run.corpus_hash, RATE_HZ)
    soundfile.write(tmp_path / "blip.wav", blip, RATE_HZ, subtype="FLOAT")
    with pytest.raises(ReverieError, match=r"has 0.05 s before the silence at its end"):
        seed_of(blocks, tmp_path / "blip.wav")


@pytest.mark.parametrize("source", ["training", "held-out"])
def test_seeds_from_the_corpus_end_with_sound(
    with_rests: Corpus, tmp_path: Path, source: str
) -> None:
    """A second of silence, a tone, a second's rest, a tone, two seconds of hiss."""
    recipe = load_recipe("paper", SMALL)
    run = Run(tmp_path, recipe, with_rests.folder, with_rests.content_hash, RATE_HZ)
    seeds, samples = choose_seeds(run, source, 60, np.random.default_rng(0))
    needed = measures_of(recipe.frames).samples_for(recipe.seed_frames)
    assert samples.shape == (60, needed)
    split = "train" if source == "training" else "held-out"
    whole = with_rests.pcm(with_rests.of_split(split)[0]) / 32768
    for seed, taken in zip(seeds, samples.numpy(), strict=True):
        begin = round(seed.offset_seconds * RATE_HZ)
        np.testing.assert_allclose(taken, whole[begin : begin + needed])
        assert np.abs(taken[-400:]).max() > 0.1
        end = seed.offset_seconds + seed.seconds
        assert 1 < end <= 2 or 3 < end <= 4
    assert any(seed.silence_seconds > 0 for seed in seeds)
    assert len({seed.offset_seconds for seed in seeds}) > 10


def test_what_was_used_is_said(run: Run, tmp_path: Path) -> None:
    write_recordings(tmp_path, 1, 4.0, RATE_HZ)
    sound, _ = soundfile.read(tmp_path / "tune 0.wav")
    soundfile.write(tmp_path / "padded.wav", np.pad(sound, (0, 2 * RATE_HZ)), RATE_HZ)
    words = ["generate", str(run.folder), "--count", "1", "--seconds", "0.2", "--quiet"]
    seed_from = ["--seed-from", str(tmp_path / "padded.wav"), "--out", str(tmp_path / "clips")]
    result = CliRunner().invoke(app, [*words, *seed_from])
    assert result.exit_code == 0, result.output
    assert "the 2.0 s of silence after it left out" in result.stdout
    assert "at 3.8 s" in result.stdout
    again = CliRunner().invoke(app, [*words, *seed_from])
    assert "was there already" in again.stdout
