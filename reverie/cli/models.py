"""`reverie models`: the architectures, and what each would take."""

import dataclasses
from pathlib import Path
from typing import Any, get_args

from reverie.cli.options import AsJson, Assignments, RecipeName


def models(
    recipe: RecipeName = "paper",
    assignments: Assignments = None,
    as_json: AsJson = False,
) -> None:
    """List the architectures with their size, memory and cost of a training step.

    Memory and operations are those of one step of the recipe's batch: counted, not measured.

    Example: `reverie models --recipe paper --set model.hidden=1024`
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from reverie.frames.settings import frame_spec
    from reverie.models.notes import PAPER_SAYS
    from reverie.models.settings import Architecture
    from reverie.runs.memory import GIB
    from reverie.terminal import echo, echo_json
    from reverie.training.preflight import estimate_needs
    from reverie.training.recipe import load_recipe

    chosen = load_recipe(recipe, assignments or ())
    rows: list[dict[str, Any]] = []
    for name in get_args(Architecture):
        settings = dataclasses.replace(chosen.model, architecture=name)
        needs = estimate_needs(dataclasses.replace(chosen, model=settings), Path.cwd())
        rows.append(
            {
                "architecture": name,
                "parameters": needs.parameters,
                "by_part": needs.by_part,
                "memory_bytes": needs.memory_bytes,
                "operations": needs.operations,
                "paper": PAPER_SAYS[name],
            }
        )
    training = chosen.training
    if as_json:
        echo_json(rows)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for heading in ("parameters", "front", "core", "head", "memory", "a step"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        parts = [f"{row['by_part'][part] / 1e6:.1f} M" for part in ("front", "core", "head")]
        table.add_row(
            row["architecture"],
            f"{row['parameters'] / 1e6:.1f} M",
            *parts,
            f"{row['memory_bytes'] / GIB:.1f} GiB",
            f"{row['operations'] / 1e9:.0f} GFLOP",
        )
    Console().print(table)
    frames = frame_spec(chosen.frames)
    echo(
        f"Frames of {frames.width} numbers, hidden {chosen.model.hidden}; a step is "
        f"{training.batch_size} sequences of {training.sequence_frames}.",
        "What the paper says of each:",
        "",
    )
    for row in rows:
        echo(f"  {row['architecture']:9} {row['paper']}")
