"""Runs, recipes and experiments that counted samples and frames mean what they meant."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reverie
from reverie.errors import ReverieError
from reverie.frames.transforms import frame_spec
from reverie.generation.clips import generate
from reverie.generation.settings import clip_settings
from reverie.legacy import in_seconds, translate_config, translate_experiment
from reverie.runs.files import CONFIG, FORMAT_VERSION
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.settings import build
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.conftest import SMALL

LEGACY = Path(__file__).with_name("v0_1")
RATES_HZ = (8000, 16000, 22050, 44100, 48000)


@given(
    transform=st.sampled_from(["fourier", "rfft", "mdct", "spectrum", "codes"]),
    half=st.integers(1, 1 << 15),
    odd=st.booleans(),
    steps=st.integers(1, 1 << 20),
    rate_hz=st.sampled_from(RATES_HZ) | st.integers(8000, 48000),
)
def test_samples_and_frames_come_out_the_same(
    transform: str, half: int, odd: bool, steps: int, rate_hz: int
) -> None:
    hop = 2 * half + (1 if odd and transform in {"fourier", "rfft"} and half < 1 << 15 else 0)
    old = {
        "frames": {"transform": transform, "hop_samples": hop},
        "training": {"sequence_frames": steps, "epochs": 3},
    }
    values = in_seconds(old, rate_hz)
    assert values["training"]["epochs"] == 3
    # What is written is read again.
    recipe = build(Recipe, json.loads(json.dumps(values)), "test")
    assert recipe.frames.hop_samples(rate_hz) == hop
    assert recipe.sequence_frames(rate_hz) == steps


def test_what_is_not_said_is_what_it_was() -> None:
    found = in_seconds({}, 44100)
    recipe = build(Recipe, found, "test")
    assert (recipe.frames.hop_samples(44100), recipe.sequence_frames(44100)) == (4000, 40)


@pytest.mark.parametrize(
    "recipe",
    [
        {"frames": {"hop_samples": "many"}},
        {"frames": {"hop_samples": 1}},
        {"frames": {"hop_samples": 10**400}},
        {"training": {"sequence_frames": -1}},
        {"frames": {"hop_samples": 512, "hop_seconds": 1.0}},
        {"frames": {"hop_samples": 512}, "training": {"sequence_seconds": 3.0}},
    ],
)
def test_what_no_version_wrote_is_refused(recipe: dict[str, Any]) -> None:
    assert in_seconds(recipe, 16000) == recipe
    with pytest.raises(ReverieError, match=r"there is no setting"):
        build(Recipe, in_seconds(recipe, 16000), "test")


@pytest.mark.parametrize("recipe", [{"frames": 3}, {"training": None}])
def test_what_is_no_section_stays(recipe: dict[str, Any]) -> None:
    assert in_seconds(recipe, 16000) == recipe


@pytest.mark.parametrize("name", ["codes", "bilinear"])
def test_runs_of_the_format_before_generate_the_same_bytes(name: str, tmp_path: Path) -> None:
    made = Path(shutil.copytree(LEGACY, tmp_path / "made"))
    run = Run.open(made / name)
    hop, steps = {"codes": (256, 8), "bilinear": (32, 8)}[name]
    clips = [generated(run, tmp_path / "first")]
    config = translate_config(json.loads((run.folder / CONFIG).read_text()), lambda: 8000)
    recipe = config["recipe"]
    del recipe["frames"]["hop_seconds"], recipe["training"]["sequence_seconds"]
    recipe["frames"]["hop_samples"], recipe["training"]["sequence_frames"] = hop, steps
    (run.folder / CONFIG).write_text(json.dumps(config | {"format_version": 2}))
    opened = Run.open(run.folder)
    assert opened.recipe == run.recipe
    assert frame_spec(opened.recipe.frames, opened.rate_hz).hop_samples == hop
    assert opened.recipe.sequence_frames(opened.rate_hz) == steps
    clips.append(generated(opened, tmp_path / "second"))
    assert clips[0] == clips[1]


def generated(run: Run, folder: Path) -> list[bytes]:
    settings = clip_settings(run.recipe.generation, {"count": 2, "seconds": 1.0})
    clips = generate(run, settings, folder, pictures=False, quiet=True)
    return [clip.path.read_bytes() for clip in clips]


def test_a_run_of_the_format_before_is_gone_on_with(corpus_folder: Path, tmp_path: Path) -> None:
    half = load_recipe("paper", [*SMALL, "training.epochs=3"])
    whole = load_recipe("paper", SMALL)
    first = train(corpus_folder, half, tmp_path / "run", quiet=True)
    config = json.loads((first.folder / CONFIG).read_text())
    recipe = config["recipe"]
    del recipe["frames"]["hop_seconds"], recipe["training"]["sequence_seconds"]
    recipe["frames"]["hop_samples"], recipe["training"]["sequence_frames"] = 250, 8
    (first.folder / CONFIG).write_text(json.dumps(config | {"format_version": 2}))
    again = train(corpus_folder, whole, first.folder, quiet=True)
    plain = train(corpus_folder, whole, tmp_path / "plain", quiet=True)
    one, other = (run.find_checkpoint() / "model.safetensors" for run in (again, plain))
    assert one.read_bytes() == other.read_bytes()
    assert json.loads((again.folder / CONFIG).read_text())["format_version"] == FORMAT_VERSION


def test_a_recipe_of_ones_own_is_read_for_the_rate_of_its_corpus(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[frames]\ntransform = "codes"\nhop_samples = 512\n')
    for rate_hz in RATES_HZ:
        recipe = load_recipe(path, rate_hz=rate_hz)
        assert recipe.frames.hop_samples(rate_hz) == 512
        assert recipe.sequence_frames(rate_hz) == 40
    changed = load_recipe(path, {"frames.hop_seconds": 0.064}, 16000)
    assert changed.frames.hop_samples(16000) == 1024
    with pytest.raises(ReverieError, match=r"no setting frames\.hop_samples\.") as refused:
        load_recipe(path)
    assert refused.value.remedy == (
        "Write frames.hop_seconds instead, in seconds: so many samples divided by the rate of the "
        "corpus."
    )


def test_a_recipe_of_ones_own_trains_as_it_did(corpus_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[frames]\nhop_samples = 250\n[training]\nsequence_frames = 8\nepochs = 1\n")
    told = {"model.hidden": 8, "training.keep_epochs": []}
    run = reverie.train(corpus_folder, path, tmp_path / "run", told)
    assert run.recipe.frames.hop_seconds == 0.03125
    assert run.recipe.training.sequence_seconds == 0.25


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("frames.hop_samples", "frames.hop_seconds"),
        ("frames.frame_samples", "frames.hop_seconds"),
        ("training.sequence_frames", "training.sequence_seconds"),
    ],
)
def test_what_is_given_in_samples_is_refused_by_the_new_name(old: str, new: str) -> None:
    with pytest.raises(ReverieError, match=f"there is no setting {old}.") as refused:
        load_recipe("codes", [f"{old}=8"], 16000)
    assert refused.value.remedy is not None
    assert refused.value.remedy.startswith(f"Write {new} instead, in seconds: ")
    for name in {old, old.rpartition(".")[2]} - {"frame_samples"}:
        with pytest.raises(ReverieError, match=f"there is no setting {name}.") as refused:
            reverie.architectures("codes", {name: 8})
        assert refused.value.remedy is not None
        assert refused.value.remedy.startswith(f"Write {new} instead, in seconds: ")


@pytest.mark.parametrize(
    ("protocol", "before", "after"),
    [
        (
            "paper",
            ["model.hidden=4", "frames.hop_samples=250", "training.sequence_frames=8"],
            ["model.hidden=4", "frames.hop_seconds=0.03125", "training.sequence_seconds=0.25"],
        ),
        ("paper", ["training.sequence_frames=8"], ["training.sequence_seconds=4"]),
        (
            "paper",
            ["frames.hop_samples=250"],
            ["frames.hop_seconds=0.03125", "training.sequence_seconds=1.25"],
        ),
        ("variants", ["frames.hop_samples=250"], ["frames.hop_samples=250"]),
        ("paper", ["frames.hop_samples=x"], ["frames.hop_samples=x"]),
        ("paper", ["frames.hop_samples=0"], ["frames.hop_samples=0"]),
        ("paper", ["model.hidden=4", "nonsense"], ["model.hidden=4", "nonsense"]),
    ],
)
def test_an_experiment_keeps_its_overrides(
    protocol: str, before: list[str], after: list[str]
) -> None:
    begun = {"settings": {"protocol": protocol, "overrides": before}}
    found = translate_experiment(begun, 8000)["settings"]
    assert found == {"protocol": protocol, "overrides": after}
