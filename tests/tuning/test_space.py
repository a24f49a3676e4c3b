"""Where settings may lie is said in TOML or a dict, and wrong ranges are named."""

from pathlib import Path
from typing import Any

import pytest

from reverie.errors import ReverieError
from reverie.runs.settings import Recipe
from reverie.training.recipe import load_recipe, recipe_names
from reverie.tuning.report import recipe_text
from reverie.tuning.space import default_space, own_values, read_space, space_of

TEXT = """
"generation.guidance" = { low = 0.0, high = 2.0, step = 0.5 }

[training]
learning_rate = { low = 1e-3, high = 1e-2, log = true }

[model]
hidden = [256, 512]
beat = { choices = [true, false] }
"""


def test_a_file_names_settings_as_recipes_do(tmp_path: Path) -> None:
    (tmp_path / "space.toml").write_text(TEXT)
    space = read_space(tmp_path / "space.toml", load_recipe("codes"))
    assert list(space) == [
        "generation.guidance", "training.learning_rate", "model.hidden", "model.beat"
    ]  # fmt: skip
    assert space["model.hidden"].choices == (256, 512)
    guidance = space["generation.guidance"]
    assert guidance.holds(1.5)
    assert guidance.holds(2)
    assert not guidance.holds(1.2)
    assert not guidance.holds(2.5)
    assert space["model.beat"].holds(True)


@pytest.mark.parametrize("name", recipe_names())
def test_the_default_space_has_the_recipes_own_values(name: str) -> None:
    recipe = load_recipe(name)
    space = default_space(recipe)
    own = own_values(recipe, space)
    assert all(space[setting].holds(value) for setting, value in own.items())
    assert ("generation.guidance" in space) == (recipe.frames.transform == "codes")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"model.hiden": [1, 2]}, r"no setting model.hiden. Did you mean model.hidden"),
        ({"model": {"hidden": 5}}, r"model.hidden has no range"),
        ({"model.hidden": {"low": 1}}, r"neither choices nor both low and high"),
        ({"model.hidden": {"low": 9, "high": 3}}, r"low must be below high"),
        ({"model.hidden": [3, 3]}, r"a choice is there twice"),
        ({"training.learning_rate": {"low": 0, "high": 1, "log": True}}, r"low must be above 0"),
        ({"training.learning_rate": {"low": 1e-3, "high": 1, "stop": 2}}, r"no setting stop"),
        ({"model.hidden": {"choices": [3], "step": 1}}, r"choices have no low, high, step"),
        ({"model.hidden": {"low": 0, "high": 8}}, r"model.hidden is wrong"),
        ({}, r"names no setting"),
    ],
)
def test_what_does_not_fit_is_named(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ReverieError, match=said):
        space_of(values, load_recipe("codes"), "space")


def test_files_that_are_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match=r"cannot be read"):
        read_space(tmp_path / "none.toml", Recipe())
    (tmp_path / "bad.toml").write_text("low =")
    with pytest.raises(ReverieError, match=r"bad.toml is not TOML"):
        read_space(tmp_path / "bad.toml", Recipe())


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_is_written_as_it_is_read(name: str, tmp_path: Path) -> None:
    recipe = load_recipe(name, {"description": 'a "quoted" \\ line\x7f\n', "generation.bpm": 90})
    path = tmp_path / "recipe.toml"
    path.write_text(recipe_text(recipe))
    assert load_recipe(path) == recipe
