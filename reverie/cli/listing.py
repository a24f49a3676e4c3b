"""`reverie corpora` and `reverie runs`: what is in a folder."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from reverie.cli.options import AsJson

Where = Annotated[Path, typer.Argument(help="The folder, searched three folders deep.")]
Align = Literal["left", "right"]


def corpora(folder: Where = Path(), as_json: AsJson = False) -> None:
    """List the corpora in a folder: recordings, length, rate, size, and when last written.

    Example: `reverie corpora ~/music`
    """
    from reverie.corpus.listing import list_corpora
    from reverie.progress import duration

    found = list_corpora(folder)
    if as_json:
        _echo_json(found)
        return
    rows = [
        (
            _name(one.folder, folder),
            f"{one.recordings}",
            duration(one.seconds),
            f"{one.rate_hz / 1000:g} kHz" if one.rate_hz else "",
            _size(one.bytes),
            _day(one.written),
        )
        for one in found
    ]
    headings = ("corpus", "recordings", "length", "rate", "size", "written")
    _echo_table(headings, "lrrrrr", rows, f"No corpus is in {folder}.")
    _echo_problems([(_name(one.folder, folder), one.problem) for one in found])


def runs(folder: Where = Path(), as_json: AsJson = False) -> None:
    """List the runs in a folder: recipe, state, epochs, best held-out loss, size, last written.

    Example: `reverie runs`
    """
    from reverie.runs.listing import list_runs

    found = list_runs(folder)
    if as_json:
        _echo_json(found)
        return
    rows = [
        (
            _name(one.folder, folder),
            f"{one.transform} {one.architecture}",
            one.state,
            f"{one.epochs}",
            "" if one.best_saved_loss is None else f"{one.best_saved_loss:.4g}",
            _size(one.bytes),
            _day(one.written),
        )
        for one in found
    ]
    headings = ("run", "recipe", "state", "epochs", "loss", "size", "written")
    _echo_table(headings, "lllrrrr", rows, f"No run is in {folder}.")
    _echo_problems([(_name(one.folder, folder), one.problem) for one in found])


def _echo_table(
    headings: Sequence[str], aligned: str, rows: Sequence[Sequence[str]], nothing: str
) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from reverie.terminal import echo

    if not rows:
        echo(nothing)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for place, (heading, side) in enumerate(zip(headings, aligned, strict=True)):
        justify: Align = "right" if side == "r" else "left"
        # Names of folders may be long: they alone are folded.
        table.add_column(heading, justify=justify, no_wrap=place > 0, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def _echo_problems(problems: Sequence[tuple[str, str]]) -> None:
    from reverie.terminal import echo, paragraph

    for name, problem in problems:
        if problem:
            echo(*paragraph(f"{name} cannot be used: {problem}", "  "))


def _echo_json(found: Sequence[Any]) -> None:
    from reverie.terminal import echo_json

    echo_json([dataclasses.asdict(one) | {"folder": str(one.folder)} for one in found])


def _name(path: Path, folder: Path) -> str:
    """The way to `path` from the folder that was searched."""
    from reverie.terminal import printable

    inside = path.relative_to(folder)
    return printable(str(inside) if inside.parts else (path.name or str(path)))


def _size(count: int) -> str:
    megabytes = count / 1e6
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 999.5 else f"{megabytes:.3g} MB"


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d}" if seconds else ""
