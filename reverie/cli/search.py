"""`reverie search`: the settings of a recipe whose clips are nearest to music."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import (
    AsJson,
    Assignments,
    Quiet,
    Ray,
    RecipeName,
    minutes_of,
    seconds_of,
)


def search(
    corpus: Annotated[
        Path,
        typer.Argument(help="A corpus, or a folder of recordings, which is prepared first."),
    ],
    recipe: RecipeName = "codes",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="The search's folder.",
            show_default="CORPUS-search-RECIPE here",
        ),
    ] = None,
    trials: Annotated[int, typer.Option("--trials", "-n", help="How many settings to try.")] = 40,
    minutes: Annotated[
        float,
        typer.Option(
            parser=minutes_of,
            metavar="TIME",
            help="Longest time to search, in minutes; 0 sets no limit. How long one trial takes is "
            "the recipe's: --set training.minutes=2.",
        ),
    ] = 0.0,
    space: Annotated[
        Path | None,
        typer.Option(
            help="A TOML file of the settings to search and their ranges.",
            show_default="learning rate, width, dropout, and how codes are drawn",
        ),
    ] = None,
    batch: Annotated[
        int,
        typer.Option(
            help="Trials chosen at once, which run side by side on a cluster: as many as it has "
            "room for."
        ),
    ] = 4,
    sampler: Annotated[
        str, typer.Option(metavar="tpe|random", help="What chooses the settings.")
    ] = "tpe",
    pruner: Annotated[
        str, typer.Option(metavar="median|none", help="What ends poor trials early.")
    ] = "median",
    judgements: Annotated[
        int, typer.Option(help="How often the clips of a trial are judged on its way.")
    ] = 3,
    finalists: Annotated[
        int, typer.Option(help="How many of the best are judged again before one is named.")
    ] = 3,
    final_judgements: Annotated[int, typer.Option(help="How often each of these is.")] = 3,
    clips: Annotated[int, typer.Option(help="Clips of a judgement.")] = 24,
    seconds: Annotated[
        float,
        typer.Option(
            "--seconds", "-s", parser=seconds_of, metavar="TIME", help="Length of each clip."
        ),
    ] = 5.0,
    seed: Annotated[int, typer.Option(help="Decides what is tried, and the clips.")] = 0,
    assignments: Assignments = None,
    ray: Ray = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Search for the settings of a recipe whose clips are nearest to music.

    Each trial trains a run and is judged by its clips, never by its loss; the first has the
    recipe's own settings, so that the result is never worse, as far as clips can tell. The best
    recipe is written as a TOML file for `reverie train --recipe`. Stopped and called again, it
    does only what is missing. Needs the extra `cluster`.

    Example: reverie search piano --trials 40 --set training.minutes=2
    """
    import reverie
    from reverie.settings import assigned
    from reverie.terminal import echo, echo_json, echo_text

    found = reverie.search(
        corpus,
        recipe,
        out,
        {
            "trials": trials,
            "minutes": minutes,
            "batch": batch,
            "sampler": sampler,
            "pruner": pruner,
            "judgements": judgements,
            "finalists": finalists,
            "final_judgements": final_judgements,
            "clips": clips,
            "seconds": seconds,
            "seed": seed,
        },
        space=space,
        changes=assigned(assignments or ()),
        ray=ray,
        progress=not quiet,
    )
    if as_json:
        echo_json(found.tables())
        return
    echo_text(found.lines())
    echo(f"The page: {found.page}", f"The recipe: {found.best}")
