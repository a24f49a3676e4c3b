"""`reverie models`: the architectures, and what each would take."""

import dataclasses
from typing import Annotated

import typer

from reverie.cli.options import AsJson, Assignments, RecipeName, hertz_of


def models(
    recipe: RecipeName = "paper",
    assignments: Assignments = None,
    rate: Annotated[
        int,
        typer.Option(
            parser=hertz_of,
            metavar="HZ",
            help="Rate of the corpus that it would learn from, 8000 to 48000; 44.1k.",
        ),
    ] = 16000,
    as_json: AsJson = False,
) -> None:
    """List the architectures and what each takes.

    Of each its size, its memory and the cost of a training step.

    Memory and operations are those of one step of the recipe's batch: counted, not measured.

    Example: reverie models --recipe paper --set model.hidden=1024
    """
    import reverie
    from reverie.cli.table import echo_table
    from reverie.runs.memory import GIB
    from reverie.settings import assigned
    from reverie.terminal import echo, echo_json

    found = reverie.architectures(recipe, assigned(assignments or ()), rate_hz=rate)
    if as_json:
        echo_json([dataclasses.asdict(architecture) for architecture in found])
        return
    rows = [
        (
            cost.architecture,
            f"{cost.parameters / 1e6:.1f} M",
            *(f"{cost.by_part[part] / 1e6:.1f} M" for part in ("front", "core", "head")),
            f"{cost.memory_bytes / GIB:.1f} GiB",
            f"{cost.operations / 1e9:.0f} GFLOP",
        )
        for cost in found
    ]
    headings = ("", "parameters", "front", "core", "head", "memory", "a step")
    echo_table(headings, "lrrrrrr", rows)
    echo("What the paper says of each:", "")
    for cost in found:
        echo(f"  {cost.architecture:9} {cost.paper}")
