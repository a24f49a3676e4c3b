"""`reverie demo`: everything on the embedded recordings, ending in a page."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import AsJson, Assignments, Quiet, RecipeName


def demo(
    out: Annotated[Path, typer.Option(help="The folder for everything it makes.")] = Path(
        "reverie-demo"
    ),
    recipe: RecipeName = "demo",
    assignments: Assignments = None,
    minutes: Annotated[
        float | None,
        typer.Option(help="Longest time to train.", show_default="the recipe's"),
    ] = None,
    show: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Learn from twelve embedded piano tunes, make five new clips, and show them on one page.

    Takes some minutes on two cores. Stopped and called again, it goes on where it was.

    Example: `reverie demo --open`
    """
    from reverie.demo.steps import run_demo
    from reverie.progress import duration
    from reverie.terminal import echo, echo_json
    from reverie.training.recipe import load_recipe

    limit = [] if minutes is None else [f"training.minutes={float(minutes)}"]
    made = run_demo(out, load_recipe(recipe, [*(assignments or ()), *limit]), quiet=quiet)
    if as_json:
        clips = [
            {
                "path": str(one.path),
                "verdict": one.health.verdict,
                "sentence": one.health.sentence,
                "relative_db": round(one.health.relative_db, 2),
                "copying_percentile": round(one.copying.percentile, 1),
                "copied": one.copying.flagged,
            }
            for one in made.clips
        ]
        echo_json({"page": str(made.page), "clips": clips, "seconds": made.seconds})
    else:
        for one in made.clips:
            echo(f"{one.path}  {one.health.sentence}")
        echo(f"It took {duration(sum(made.seconds.values()))}. The page: {made.page}")
    if show:
        import webbrowser

        webbrowser.open(made.page.resolve().as_uri())
