"""Recipes by name, or from a TOML file, with single settings overridden."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from reverie.errors import ReverieError, os_reason
from reverie.legacy import counts_samples, in_seconds
from reverie.runs.settings import Recipe
from reverie.settings import build, override
from reverie.storage import open_foreign

MOST_BYTES = 1 << 20
"""Of a recipe of one's own."""
LEAST_FRAMES = 2
"""Of a sequence: with one there is nothing to carry on."""


def recipe_names() -> list[str]:
    """The recipes that come with Reverie."""
    folder = resources.files("reverie.training") / "recipes"
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    )


def load_recipe(
    name: str | os.PathLike[str],
    changes: Sequence[str] | Mapping[str, Any] = (),
    rate_hz: int | None = None,
) -> Recipe:
    """Read a recipe.

    Args:
        name: one of `recipe_names()`, or the path of a TOML file.
        changes: settings that differ: `section.field=value` each, or values by dotted name.
        rate_hz: of the corpus, if it is known: what a file of an older version counts in samples
            and frames is so many seconds at that rate.

    Raises:
        ReverieError: there is no such recipe, or a setting is unknown or wrong.
    """
    name = os.fspath(name)
    if name.endswith(".toml"):
        text = _read(Path(name))
    elif name in recipe_names():
        bundled = resources.files("reverie.training") / "recipes" / f"{name}.toml"
        text = bundled.read_text(encoding="utf-8")
    else:
        raise ReverieError(
            f"there is no recipe {name!r}.",
            f"Known: {', '.join(recipe_names())}; or give the path of a .toml file.",
        )
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ReverieError(f"recipe {name} is not TOML: {error}.", "Mend that line.") from error
    if rate_hz is not None and counts_samples(values):
        values = in_seconds(values, rate_hz)
    recipe = build(Recipe, override(values, changes), f"recipe {name}")
    least_seconds = LEAST_FRAMES * recipe.frames.hop_seconds
    if recipe.training.sequence_seconds < least_seconds:
        # Of a run that is read, one step is believed.
        raise ReverieError(
            f"recipe {name}: setting training.sequence_seconds is wrong: it should be "
            f"{LEAST_FRAMES} frames at least, {least_seconds:g} s (given: "
            f"{recipe.training.sequence_seconds:g}).",
            "Raise it, or lower frames.hop_seconds.",
        )
    return recipe


def _read(path: Path) -> str:
    """The text of somebody's file, which may be anything."""
    known = f"Known: {', '.join(recipe_names())}."
    try:
        with open_foreign(path) as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ReverieError(f"recipe {path} is larger than any recipe.", known)
        return content.decode("utf-8")
    except OSError as error:
        raise ReverieError(f"recipe {path} cannot be read: {os_reason(error)}.", known) from error
    except UnicodeDecodeError as error:
        raise ReverieError(f"recipe {path} is not UTF-8 text.", known) from error
