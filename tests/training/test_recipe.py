"""Recipes are read strictly."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.errors import ReverieError
from reverie.experiment.plan import stops_minutes
from reverie.experiment.settings import ExperimentSettings
from reverie.frames.hop import is_fast
from reverie.frames.transforms import frame_spec
from reverie.runs.settings import Recipe
from reverie.training.recipe import load_recipe, recipe_names

RATE_HZ = 16000
"""The paper's."""
MINUTES = {"three": 3.0, "ten": 10.0}
LETTERS: dict[str, Callable[[Recipe], int]] = {
    "D": lambda recipe: frame_spec(recipe.frames, RATE_HZ).width,
    "H": lambda recipe: recipe.model.hidden,
    "T": lambda recipe: recipe.sequence_frames(RATE_HZ),
}


@pytest.mark.parametrize("name", recipe_names())
def test_a_description_is_a_sentence_that_says_what_the_recipe_does(name: str) -> None:
    recipe = load_recipe(name)
    said = recipe.description
    assert re.fullmatch(r"[A-Z].*\w\.", said)
    assert [load_recipe(one).description for one in recipe_names()].count(said) == 1
    limits = re.findall(r"(\w+) minutes of two cores", said)
    assert [MINUTES[one] for one in limits] == [recipe.training.minutes] * bool(
        recipe.training.minutes
    )
    for letter, value in re.findall(r"\b([DHT]) = (\d+)", said):
        assert LETTERS[letter](recipe) == int(value)
    for epochs in re.findall(r"(\d+) epochs", said):
        assert recipe.training.epochs == int(epochs)
    assert ("spectral code" in said) == (name == "codes")
    assert ("adversary" in said) == (recipe.model.adversary != "none")
    assert name != "paper" or len(re.findall(r"\d+", said)) == 4


def test_the_papers_figures() -> None:
    recipe = load_recipe("paper")
    assert frame_spec(recipe.frames, RATE_HZ).width == 8000
    assert (recipe.model.hidden, recipe.sequence_frames(RATE_HZ)) == (2048, 40)
    assert recipe.training.keep_epochs == (1200, 1500, 1800, 2100)
    assert recipe.training.epochs == 2100
    assert recipe.training.learning_rate == 1e-4
    assert recipe.model.input_dropout == recipe.model.hidden_dropout == 0.5
    assert (recipe.model.dense_dropout, recipe.model.dense_l2) == (0.2, 1e-4)
    assert recipe.generation.temperature == 0


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_means_the_same_at_every_rate(name: str) -> None:
    recipe = load_recipe(name)
    frames = recipe.sequence_frames(RATE_HZ)
    for rate_hz in (16000, 22050, 44100, 48000):
        spec = frame_spec(recipe.frames, rate_hz)
        seconds = spec.hop_samples / rate_hz
        assert seconds == pytest.approx(recipe.frames.hop_seconds, rel=0.01)
        assert recipe.sequence_frames(rate_hz) == frames
        assert frames * seconds == pytest.approx(recipe.training.sequence_seconds, rel=0.01)
        assert recipe.prompt_frames(rate_hz) == frames
        if recipe.frames.transform in {"codes", "spectrum"}:
            assert is_fast(spec.hop_samples)


@given(st.floats(0.01, 0.5), st.integers(2, 200), st.integers(8000, 48000))
def test_a_sequence_is_as_long_as_it_is_asked_for(hop: float, steps: int, rate_hz: int) -> None:
    told = {"frames.transform": "codes", "frames.hop_seconds": hop}
    recipe = load_recipe("paper", {**told, "training.sequence_seconds": steps * hop})
    seconds = recipe.sequence_frames(rate_hz) * recipe.frames.hop_samples(rate_hz) / rate_hz
    assert abs(seconds - steps * hop) <= recipe.frames.hop_samples(rate_hz) / rate_hz / 2 + 1e-9


def test_blocks_of_frames_make_a_prompt_longer() -> None:
    recipe = load_recipe("paper", ["model.architecture=blocks"])
    assert (recipe.sequence_frames(RATE_HZ), recipe.prompt_frames(RATE_HZ)) == (40, 42)


def test_a_sequence_of_one_frame_is_refused() -> None:
    told = r"sequence_seconds is wrong: it should be 2 frames at least, 0.5 s \(given: 0.25\)"
    with pytest.raises(ReverieError, match=told):
        load_recipe("paper", ["training.sequence_seconds=0.25"])
    both = ["training.sequence_seconds=0.25", "frames.hop_seconds=0.125"]
    assert load_recipe("paper", both).sequence_frames(RATE_HZ) == 2


def test_settings_are_overridden_and_typed() -> None:
    recipe = load_recipe(
        "desk", ["model.hidden=7", "frames.transform=mdct", "training.keep_epochs=[1, 2]"]
    )
    assert recipe.model.hidden == 7
    assert recipe.frames.transform == "mdct"
    assert recipe.training.keep_epochs == (1, 2)


def test_fewer_epochs_keep_fewer() -> None:
    """Kept epochs beyond the last are ignored wherever they count."""
    training = load_recipe("paper", ["training.epochs=1600"]).training
    assert training.kept_epochs == (1200, 1500, 1600)
    assert load_recipe("paper", ["training.epochs=100"]).training.kept_epochs == (100,)
    settings = ExperimentSettings(
        budget="time", minutes=8, scale="desk", overrides=("training.epochs=80",)
    )
    assert stops_minutes(settings) == [6, 8]


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("model.hiden=5", r"no setting model.hiden. Did you mean model.hidden\?"),
        ("model.hidden=-5", "model.hidden is wrong"),
        ("modle.hidden=5", "no setting modle"),
        ("training.epochs=many", "training.epochs is wrong"),
        ("training.epochs=1.5", "training.epochs is wrong"),
        ("model.input_dropout=1.0", "model.input_dropout is wrong"),
        ("model.hidden", "is not an assignment"),
        ("model.hidden.more=3", "hidden is a value, not a section"),
        ("frames=3", "frames is wrong"),
    ],
)
def test_mistakes_are_named(assignment: str, message: str) -> None:
    with pytest.raises(ReverieError, match=message):
        load_recipe("desk", [assignment])


def test_a_recipe_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[model]\nhidden = 3\n[training]\nepochs = 4\n")
    assert load_recipe(str(path)).model.hidden == 3
    path.write_text("[model\n")
    with pytest.raises(ReverieError, match="is not TOML"):
        load_recipe(str(path))
    with pytest.raises(ReverieError, match="cannot be read"):
        load_recipe(str(tmp_path / "none.toml"))
    with pytest.raises(ReverieError, match="Known: adversarial, codes, demo, desk, paper"):
        load_recipe("nonsense")


def test_a_recipe_that_is_no_small_text_is_refused(tmp_path: Path) -> None:
    huge, pipe, endless = (tmp_path / f"{name}.toml" for name in ("huge", "pipe", "endless"))
    with huge.open("wb") as file:
        file.truncate(1 << 40)
    os.mkfifo(pipe)
    endless.symlink_to("/dev/zero")
    (tmp_path / "bytes.toml").write_bytes(b"#\xff")
    for name, said in (
        ("huge", "larger than any recipe"),
        ("pipe", "cannot be read"),
        ("endless", "cannot be read"),
        ("bytes", "is not UTF-8 text"),
    ):
        with pytest.raises(ReverieError, match=said):
            load_recipe(str(tmp_path / f"{name}.toml"))
