"""Prompts are music, wherever they are taken from, and what was taken is said."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from reverie.audio.provenance import read_sidecar
from reverie.cli.app import app
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.frames.transforms import frame_spec
from reverie.generation.prompts import choose_prompts
from reverie.generation.settings import clip_settings
from reverie.progress import position
from reverie.runs.run import Run
from reverie.training.recipe import load_recipe
from tests.conftest import RATE_HZ, SMALL
from tests.music import random_melody, write_recordings


def prompt_of(run: Run, path: Path) -> tuple[float, float, float, np.ndarray]:
    """Offset, seconds and silence left out of the prompt from a file, and its samples."""
    (prompt,), music = choose_prompts(run, str(path), 1, np.random.default_rng(0))
    assert prompt.recording == str(path)
    taken = music.samples[0, 0].numpy()
    assert prompt.samples_sha256 == hashlib.sha256(taken.tobytes()).hexdigest()
    return prompt.offset_seconds, prompt.seconds, prompt.silence_seconds, taken


def test_the_silence_after_a_tune_is_left_out(run: Run, tmp_path: Path) -> None:
    tune = random_melody(1, RATE_HZ, 4.0)
    hush = (1e-4 * np.random.default_rng(0).standard_normal(3 * RATE_HZ)).astype(np.float32)
    soundfile.write(tmp_path / "tune.wav", tune, RATE_HZ, subtype="FLOAT")
    offset, seconds, _, samples = prompt_of(run, tmp_path / "tune.wav")
    for name, rest in (("padded", 0 * hush), ("hissing", hush)):
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, np.concatenate([tune, rest]), RATE_HZ, subtype="FLOAT")
        same, as_long, _, taken = prompt_of(run, path)
        assert (same, as_long) == (offset, seconds)
        np.testing.assert_array_equal(taken, samples)


def test_the_loudest_stretch_is_gone_on_from(run: Run, tmp_path: Path) -> None:
    """It is what the file holds there, at whatever place in it, in one decoding of pieces."""
    tune = random_melody(1, RATE_HZ, 40.0) * 0.1
    tune[25 * RATE_HZ : 30 * RATE_HZ] *= 9
    soundfile.write(tmp_path / "tune.wav", tune, RATE_HZ, subtype="FLOAT")
    offset, seconds, silence, samples = prompt_of(run, tmp_path / "tune.wav")
    assert 25 <= offset < offset + seconds < 30
    assert silence == 0
    begin = round(offset * RATE_HZ)
    np.testing.assert_array_equal(samples, tune[begin : begin + len(samples)].astype(np.float32))


def test_a_place_in_a_file_is_where_the_prompt_begins(run: Run, tmp_path: Path) -> None:
    tune = random_melody(1, RATE_HZ, 4.0).astype(np.float32)
    path = tmp_path / "tune.wav"
    soundfile.write(path, np.pad(tune, (0, 4 * RATE_HZ)), RATE_HZ, subtype="FLOAT")

    def at(seconds: float) -> tuple[float, np.ndarray]:
        (prompt,), music = choose_prompts(
            run, str(path), 1, np.random.default_rng(0), at_seconds=seconds
        )
        return prompt.offset_seconds, music.samples[0, 0].numpy()

    offset, samples = at(1.25)
    assert offset == 1.25
    np.testing.assert_array_equal(samples, tune[10000 : 10000 + len(samples)])
    with pytest.raises(ReverieError, match=r"has 0\.00 s from 0:09\.0 on, and a prompt needs"):
        at(9.0)
    with pytest.raises(ReverieError, match=r"is silent at 0:06\.0"):
        at(6.0)
    with pytest.raises(ReverieError, match="none is given"):
        choose_prompts(run, "training", 1, np.random.default_rng(0), at_seconds=1.0)


def test_files_take_turns(run: Run, tmp_path: Path) -> None:
    paths = [str(tmp_path / f"{number}.wav") for number in range(3)]
    for number, path in enumerate(paths):
        soundfile.write(path, random_melody(number, RATE_HZ, 2.0 + number), RATE_HZ)
    prompts, music = choose_prompts(run, paths, 5, np.random.default_rng(0))
    assert [prompt.recording for prompt in prompts] == [*paths, *paths[:2]]
    assert (music.samples[0] == music.samples[3]).all()
    assert len({prompt.samples_sha256 for prompt in prompts}) == 3
    soundfile.write(paths[1], random_melody(1, RATE_HZ, 0.25)[:800], RATE_HZ)
    shorter, fewer = choose_prompts(run, paths, 3, np.random.default_rng(0))
    assert {prompt.seconds for prompt in shorter} == {fewer.samples.shape[-1] / RATE_HZ}
    assert fewer.samples.shape[-1] < music.samples.shape[-1]


def test_each_file_of_a_folder_gives_a_clip(run: Run, tmp_path: Path) -> None:
    write_recordings(tmp_path / "mine", 3, 4.0, RATE_HZ)
    words = ["generate", str(run.folder), "--seconds", "0.2", "--quiet"]
    words += ["--out", str(tmp_path / "clips"), "--prompt", str(tmp_path / "mine")]
    result = CliRunner().invoke(app, [*words, "--prompt-at", "0:01.5"])
    assert result.exit_code == 0, result.output
    lines = [line for line in result.stdout.splitlines() if line.startswith("    from ")]
    assert [line.split("from ")[1].split("/")[-1] for line in lines] == [
        f"tune {number}.wav, 0:01.5-0:01.{lines[0][-1]}" for number in range(3)
    ]
    wrong = CliRunner().invoke(app, [*words, "--prompt-at", "one twenty"])
    assert "is no time" in wrong.output
    mixed = CliRunner().invoke(app, [*words, "--prompt", "training"])
    assert "cannot stand beside files" in mixed.output


def test_how_many_clips_there_are_without_a_count(tmp_path: Path) -> None:
    write_recordings(tmp_path, 2, 1.0, RATE_HZ)
    files = tuple(str(tmp_path / f"tune {number}.wav") for number in range(2))
    defaults = load_recipe("paper").generation
    for sources, count, prompt in (
        (None, 5, "held-out"),
        (["training"], 5, "training"),
        ([files[0]], 5, files[0]),
        (list(files), 2, files),
        ([str(tmp_path)], 2, files),
        ([str(tmp_path), files[0]], 3, (*files, files[0])),
    ):
        settings = clip_settings(defaults, {"prompt": sources})
        assert (settings.count, settings.prompt) == (count, prompt)
    assert clip_settings(defaults, {"prompt": list(files), "count": 7}).count == 7


def test_a_silent_file_is_named(run: Run, tmp_path: Path) -> None:
    for name, level in (("zeros", 0.0), ("direct current", 0.25)):
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, np.full(4 * RATE_HZ, level), RATE_HZ, subtype="FLOAT")
        with pytest.raises(ReverieError, match=f"{name}.wav is silent"):
            prompt_of(run, path)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 2 * RATE_HZ, -1])
def test_a_file_of_samples_that_are_not_numbers_is_named(
    run: Run, tmp_path: Path, wrong: float, at: int
) -> None:
    tune = random_melody(1, RATE_HZ, 4.0).astype(np.float32)
    tune[at] = wrong
    soundfile.write(tmp_path / "odd.wav", tune, RATE_HZ, subtype="FLOAT")
    with pytest.raises(ReverieError, match=r"odd\.wav cannot be used: .* not numbers"):
        prompt_of(run, tmp_path / "odd.wav")


@pytest.mark.parametrize("times", [2.0, 1e9])
def test_a_file_beyond_full_scale_is_turned_down(run: Run, tmp_path: Path, times: float) -> None:
    tune = random_melody(1, RATE_HZ, 4.0).astype(np.float32)
    tune /= np.abs(tune).max()
    soundfile.write(tmp_path / "hot.wav", tune * np.float32(times), RATE_HZ, subtype="FLOAT")
    samples = prompt_of(run, tmp_path / "hot.wav")[3]
    assert 0.1 < np.abs(samples).max() <= 1


def test_what_is_no_sound_is_named(run: Run, tmp_path: Path) -> None:
    tune = random_melody(1, RATE_HZ, 4.0).astype(np.float32)
    soundfile.write(tmp_path / "wild.wav", tune * np.float32(1e30), RATE_HZ, subtype="FLOAT")
    with pytest.raises(ReverieError, match=r"wild\.wav cannot be used: .* times full scale"):
        prompt_of(run, tmp_path / "wild.wav")


def test_recordings_that_there_are_none_of_are_named(run: Run) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ReverieError, match="has no held-out recording nothing"):
        choose_prompts(run, "held-out", 1, rng, among=["nothing.wav"])


def test_a_prompt_may_be_a_file_of_any_length_that_a_model_can_begin_from(
    run: Run, tmp_path: Path
) -> None:
    most = run.recipe.training.sequence_seconds
    for seconds in (0.5 * most, most, 1.05 * most, 2 * most, most + 0.5, most + 0.9, most + 1.2):
        tune = random_melody(1, RATE_HZ, 4.0)[: round(seconds * RATE_HZ)]
        soundfile.write(tmp_path / "tune.wav", tune, RATE_HZ, subtype="FLOAT")
        offset, taken, _, _ = prompt_of(run, tmp_path / "tune.wav")
        assert 0 < taken <= most + 0.1
        assert 0 <= offset <= seconds - taken + 1e-6


def test_too_little_sound_before_silence_is_named(run: Run, tmp_path: Path) -> None:
    blip = np.pad(random_melody(1, RATE_HZ, 1.0)[:200], (0, 4 * RATE_HZ))
    recipe = load_recipe("paper", [*SMALL, "model.architecture=blocks"])  # a step sees 750 samples
    blocks = Run(run.folder, recipe, run.corpus_folder, run.corpus_hash, RATE_HZ)
    soundfile.write(tmp_path / "blip.wav", blip, RATE_HZ, subtype="FLOAT")
    with pytest.raises(ReverieError, match=r"has 0.05 s before the silence at its end"):
        prompt_of(blocks, tmp_path / "blip.wav")


@pytest.mark.parametrize("source", ["training", "held-out"])
def test_seeds_from_the_corpus_end_with_sound(
    with_rests: Corpus, tmp_path: Path, source: str
) -> None:
    """A second of silence, a tone, a second's rest, a tone, two seconds of hiss."""
    recipe = load_recipe("paper", SMALL)
    run = Run(tmp_path, recipe, with_rests.folder, with_rests.content_hash, RATE_HZ)
    prompts, music = choose_prompts(run, source, 60, np.random.default_rng(0))
    needed = frame_spec(recipe.frames, RATE_HZ).samples_for(recipe.prompt_frames(RATE_HZ))
    assert music.samples.shape == (60, 1, needed)
    split = "train" if source == "training" else "held-out"
    whole = with_rests.pcm(with_rests.of_split(split)[0])[0] / 32768
    for prompt, taken in zip(prompts, music.samples[:, 0].numpy(), strict=True):
        begin = round(prompt.offset_seconds * RATE_HZ)
        np.testing.assert_allclose(taken, whole[begin : begin + needed])
        assert np.abs(taken[-400:]).max() > 0.1
        end = prompt.offset_seconds + prompt.seconds
        assert 1 < end <= 2 or 3 < end <= 4
    assert any(prompt.silence_seconds > 0 for prompt in prompts)
    assert len({prompt.offset_seconds for prompt in prompts}) > 10


def test_what_was_used_is_said(run: Run, tmp_path: Path) -> None:
    write_recordings(tmp_path, 1, 4.0, RATE_HZ)
    words = ["generate", str(run.folder), "--count", "1", "--seconds", "0.2", "--quiet"]
    prompt = ["--prompt", str(tmp_path / "tune 0.wav"), "--out", str(tmp_path / "clips")]
    result = CliRunner().invoke(app, [*words, *prompt])
    assert result.exit_code == 0, result.output
    told = read_sidecar(tmp_path / "clips" / "001.wav").provenance
    assert told is not None
    begin, end = told.prompt.offset_seconds, told.prompt.offset_seconds + told.prompt.seconds
    assert f"tune 0.wav, {position(begin)}-{position(end)}" in result.stdout
    more = CliRunner().invoke(app, [*words, *prompt])
    assert str(tmp_path / "clips" / "002.wav") in more.stdout
