"""Previews of a training stay in the run's folder, beside the prompt that all of them continue."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import soundfile

from reverie.generation.preview import PREVIEW_SECONDS, PreviewFiles, preview
from reverie.generation.prompts import choose_prompts
from reverie.training.observers import Start
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.conftest import RATE_HZ, SMALL


def test_a_preview_is_a_sound_with_its_prompt(corpus_folder: Path, tmp_path: Path) -> None:
    recipe = load_recipe("paper", [*SMALL, "training.preview_every_epochs=3"])
    files = [PreviewFiles()]
    run = train(corpus_folder, recipe, tmp_path / "run", preview=preview, observers=files,
                quiet=True)  # fmt: skip
    names = sorted(path.name for path in (run.folder / "previews").iterdir())
    assert names == ["epoch-00003.wav", "epoch-00006.wav", "prompt.json"]
    samples, rate_hz = soundfile.read(run.folder / "previews" / names[1], dtype="int16")
    assert (rate_hz, len(samples)) == (RATE_HZ, PREVIEW_SECONDS * RATE_HZ)
    told = json.loads((run.folder / "previews" / "prompt.json").read_text())
    prompts, _ = choose_prompts(run, "held-out", 1, np.random.default_rng(0))
    assert told == asdict(prompts[0])
    trained = run.load(run.checkpoints / "epoch-00006")
    wave = preview(trained, run).numpy()
    assert np.abs(samples - 32768 * np.clip(wave, -1, 1)).max() <= 1


def test_a_preview_that_cannot_be_written_ends_no_training(tmp_path: Path) -> None:
    (tmp_path / "previews").touch()
    files = PreviewFiles()
    files.on_start(Start(tmp_path, 0, 0, None, RATE_HZ, ()))
    files.on_preview(1, np.zeros(9, np.float32))
    assert (tmp_path / "previews").is_file()
