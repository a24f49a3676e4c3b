"""Runs and corpora that version 0.1 made are read, gone on with and generated from."""

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from reverie.audio.provenance import read_sidecar
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.generation.clips import generate
from reverie.generation.settings import clip_settings
from reverie.legacy import (
    translate_experiment,
    translate_result,
    translate_sidecar,
    translate_state,
    translate_test,
)
from reverie.runs.files import CONFIG, FORMAT_VERSION
from reverie.runs.metrics import read_metrics
from reverie.runs.run import Run
from reverie.runs.states import STATE, read_state
from reverie.training.recipe import load_recipe
from reverie.training.train import train

MADE = Path(__file__).with_name("v0_1")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MADE, tmp_path / "made"))


def test_its_corpus_opens(made: Path) -> None:
    corpus = Corpus.open(made / "corpus")
    corpus.check(quiet=True)
    assert [len(corpus.of_split(split)) for split in ("train", "held-out")] == [3, 1]


@pytest.mark.parametrize("name", ["codes", "bilinear"])
def test_its_runs_generate_what_it_made_of_them(made: Path, name: str, tmp_path: Path) -> None:
    run = Run.open(made / name)
    seconds = {"codes": 2.0, "bilinear": 1.0}[name]
    settings = clip_settings(run.recipe.generation, {"count": 2, "seconds": seconds})
    clip = generate(run, settings, tmp_path / "clips", pictures=False, quiet=True)[0]
    assert clip.lacks == ""
    expected, _ = soundfile.read(made / name / "clips" / "001.wav", dtype="int16")
    found, _ = soundfile.read(clip.path, dtype="int16")
    # Another processor rounds otherwise.
    np.testing.assert_allclose(found, expected, atol=4)


@pytest.mark.parametrize("name", ["codes", "bilinear"])
def test_its_runs_are_gone_on_with(made: Path, name: str) -> None:
    run = Run.open(made / name)
    # A learning rate that falls over the epochs fixes their number.
    epochs = {"codes": 3, "bilinear": 5}[name]
    training = dataclasses.replace(run.recipe.training, epochs=epochs)
    recipe = dataclasses.replace(run.recipe, training=training)
    train(made / "corpus", recipe, run.folder, quiet=True)
    assert read_metrics(run.metrics)[-1]["epoch"] == epochs


@pytest.mark.parametrize("name", ["codes", "bilinear"])
def test_its_clips_say_how_they_were_generated(made: Path, name: str) -> None:
    sound = made / name / "clips" / "001.wav"
    written = json.loads(sound.with_suffix(".json").read_text())
    sidecar = read_sidecar(sound)
    assert (sidecar.doubt, dict(sidecar.unknown)) == ("", {})
    assert sidecar.provenance is not None
    assert sidecar.provenance.hop_samples == written["frame_samples"]
    assert dataclasses.asdict(sidecar.provenance.prompt) == written["seed"]
    settings = sidecar.provenance.settings
    assert (settings["prompt"], settings["seed"]) == ("held-out", written["settings"]["rng_seed"])
    assert not {"rng_seed", "seed_from", "seed_recordings"} & settings.keys()


@pytest.mark.parametrize("name", ["codes", "bilinear"])
def test_its_clips_are_not_generated_again(made: Path, name: str) -> None:
    run = Run.open(made / name)
    seconds = {"codes": 2.0, "bilinear": 1.0}[name]
    settings = clip_settings(run.recipe.generation, {"count": 2, "seconds": seconds})
    clips = generate(run, settings, made / name / "clips", pictures=False, quiet=True)
    assert [clip.generated for clip in clips] == [False, True]


SETTINGS = {
    ("frames", "components"): ("n_components", 7),
    ("frames", "stages"): ("n_codebooks", 3),
    ("frames", "codebook"): ("codebook_size", 9),
    ("frames", "soften_db"): ("log_floor_db", -3.5),
    ("training", "averaging"): ("ema_decay", 0.875),
    ("training", "most_sequences"): ("max_sequences", 11),
    ("training", "ends_below_db"): ("trim_silence_db", 41.0),
    ("training", "rng_seed"): ("seed", 123),
}
"""Old name, new name, and a value that is no default."""


def test_its_settings_keep_their_values(made: Path) -> None:
    path = made / "codes" / CONFIG
    config = json.loads(path.read_text())
    for (section, old), (_, value) in SETTINGS.items():
        assert old in config["recipe"][section]
        config["recipe"][section][old] = value
    path.write_text(json.dumps(config))
    recipe = Run.open(made / "codes").recipe
    for (section, _), (new, value) in SETTINGS.items():
        assert getattr(getattr(recipe, section), new) == value


@pytest.mark.parametrize(("place", "value"), SETTINGS.items())
def test_old_and_new_names_are_not_mixed(
    made: Path, place: tuple[str, str], value: tuple[str, Any]
) -> None:
    path = made / "codes" / CONFIG
    config = json.loads(path.read_text())
    config["recipe"][place[0]][value[0]] = value[1]
    path.write_text(json.dumps(config))
    with pytest.raises(ReverieError, match="there is no setting"):
        Run.open(made / "codes")


def test_an_unknown_key_of_its_config_is_refused(made: Path) -> None:
    path = made / "codes" / CONFIG
    path.write_text(json.dumps(json.loads(path.read_text()) | {"more": 1}))
    with pytest.raises(ReverieError, match="damaged: more"):
        Run.open(made / "codes")


def test_its_config_is_written_in_todays_format(made: Path) -> None:
    run = Run.open(made / "codes")
    training = dataclasses.replace(run.recipe.training, epochs=3)
    train(
        made / "corpus", dataclasses.replace(run.recipe, training=training), run.folder, quiet=True
    )
    config = json.loads((run.folder / CONFIG).read_text())
    assert config["format_version"] == FORMAT_VERSION
    assert config["recipe"]["frames"]["hop_seconds"] == 0.032
    assert config["recipe"]["training"]["sequence_seconds"] == 8 * 0.032
    assert Run.open(run.folder).recipe == run.recipe


def test_its_state_has_its_best_epochs(made: Path) -> None:
    checkpoint = made / "codes" / "checkpoints" / "epoch-00003"
    state = read_state(checkpoint)
    assert (state.best_saved_epoch, state.best_measured_epoch) == (3, 3)
    values = json.loads((checkpoint / STATE).read_text())
    changed = values | {"best_epoch": 1, "best_loss": 2.0, "least_epoch": 3, "least_loss": 4.0}
    translated = translate_state(changed)
    names = ("best_saved_epoch", "best_saved_loss", "best_measured_epoch", "best_measured_loss")
    assert [translated[name] for name in names] == [1, 2.0, 3, 4.0]


@pytest.mark.parametrize(("place", "value"), SETTINGS.items())
def test_a_recipe_with_an_old_name_is_refused_with_the_new_one(
    place: tuple[str, str], value: tuple[str, Any], tmp_path: Path
) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text(f"[{place[0]}]\n{place[1]} = {value[1]}\n")
    with pytest.raises(ReverieError) as refused:
        load_recipe(str(recipe))
    assert refused.value.remedy == f"Did you mean {place[0]}.{value[0]}?"


def test_its_experiments_are_gone_on_with() -> None:
    settings = {"protocol": "successors", "equal": "time", "rng_seed": 3}
    settings |= {"overrides": ["training.averaging=0.5", "model.hidden=4"]}
    begun = {"format": "reverie-experiment", "settings": settings}
    assert translate_experiment(begun, 16000)["settings"] == {
        "protocol": "variants",
        "budget": "time",
        "seed": 3,
        "overrides": ["training.ema_decay=0.5", "model.hidden=4"],
    }
    clips = [{"edge_jump": 1.5, "verdict": "sound"}, {"edge_jump": None, "verdict": "noise"}]
    assert translate_result({"clips": clips})["clips"] == [
        {"frame_boundary_discontinuity": 1.5, "verdict": "ok"},
        {"frame_boundary_discontinuity": None, "verdict": "noise"},
    ]


def test_its_listening_tests_keep_their_seed() -> None:
    assert translate_test({"settings": {"rng_seed": 5}}) == {"settings": {"seed": 5}}


def test_what_has_todays_names_is_left_as_it_is() -> None:
    today: dict[str, Any] = {"made_by": "reverie 9", "hop_samples": 2, "format_version": 2}
    assert translate_sidecar(today) == today
    state = {"format_version": 4, "best_epoch": 1}
    assert translate_state(state) == state
    settings = {"settings": {"seed": 1}}
    assert translate_test(settings) == translate_experiment(settings, 16000) == settings
