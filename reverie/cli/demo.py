"""`reverie demo`: everything on the embedded recordings, ending in a page."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import AsJson, Assignments, Quiet, RecipeName, minutes_of


def demo(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The folder for everything it makes.")
    ] = Path("reverie-demo"),
    recipe: RecipeName = "demo",
    assignments: Assignments = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            parser=minutes_of,
            metavar="TIME",
            help="Longest time to train, in minutes, or such as 90s.",
            show_default="the recipe's",
        ),
    ] = None,
    show: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Do everything once, on twelve embedded piano tunes.

    Learns from them, makes five new clips, and shows them on one page. Takes some minutes on
    two cores. Stopped and called again, it goes on where it was.

    Example: reverie demo --open
    """
    import reverie
    from reverie.progress import duration
    from reverie.settings import assigned
    from reverie.terminal import echo, echo_json

    changes = assigned(assignments or ())
    if minutes is not None:
        changes["training.minutes"] = minutes
    made = reverie.run_demo(out, recipe, changes, progress=not quiet)
    if as_json:
        echo_json(made.as_dict())
    else:
        for clip in made.clips:
            echo(f"{clip.path}  {clip.health.sentence}")
        echo(f"It took {duration(sum(made.seconds.values()))}. The page: {made.page}")
    if show:
        import webbrowser

        webbrowser.open(made.page.resolve().as_uri())
