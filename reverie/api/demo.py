"""Everything on the embedded recordings."""

from typing import Any

from reverie.api.keywords import PathLike, Settings, dotted, path_of
from reverie.corpus.settings import PAPER_RATE_HZ
from reverie.demo.steps import Demo
from reverie.demo.steps import run_demo as run
from reverie.runs.settings import Recipe
from reverie.training.recipe import load_recipe

__all__ = ["run_demo"]


def run_demo(
    out: PathLike = "reverie-demo",
    recipe: str | PathLike = "demo",
    settings: Settings | None = None,
    *,
    progress: bool = False,
    **keywords: Any,
) -> Demo:
    """Learn from twelve embedded piano tunes, generate five clips, and show them on one page.

    Takes some minutes on two cores. Stopped and called again, it goes on where it was.

    Args:
        out: the folder for everything.
        recipe: the name of a recipe, or the path of one in TOML.
        settings: of the recipe, by dotted name.
        progress: show it on stderr.
        **keywords: settings of the recipe, such as `minutes=1`.

    Raises:
        ReverieError: `out` holds something else, or this machine is too small.
    """
    path_of(recipe, "recipe", "a recipe's name")
    chosen = load_recipe(recipe, dotted(Recipe, settings, keywords, "demo"), PAPER_RATE_HZ)
    return run(path_of(out, "out"), chosen, quiet=not progress)
