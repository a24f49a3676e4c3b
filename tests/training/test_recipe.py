"""Recipes are read strictly."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from reverie.errors import ReverieError
from reverie.experiment.plan import stops_minutes
from reverie.experiment.settings import ExperimentSettings
from reverie.frames.settings import frame_spec
from reverie.runs.settings import Recipe
from reverie.training.recipe import load_recipe, recipe_names

MINUTES = {"three": 3.0, "ten": 10.0}
LETTERS: dict[str, Callable[[Recipe], int]] = {
    "D": lambda recipe: frame_spec(recipe.frames).width,
    "H": lambda recipe: recipe.model.hidden,
    "T": lambda recipe: recipe.training.sequence_frames,
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
    assert frame_spec(recipe.frames).width == 8000
    assert (recipe.model.hidden, recipe.training.sequence_frames) == (2048, 40)
    assert recipe.training.keep_epochs == (1200, 1500, 1800, 2100)
    assert recipe.training.epochs == 2100
    assert recipe.training.learning_rate == 1e-4
    assert recipe.model.input_dropout == recipe.model.hidden_dropout == 0.5
    assert (recipe.model.dense_dropout, recipe.model.dense_l2) == (0.2, 1e-4)
    assert recipe.generation.temperature == 0


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
