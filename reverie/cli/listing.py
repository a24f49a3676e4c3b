"""`reverie corpora` and `reverie runs`: what is in a folder."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from reverie.cli.options import AsJson

Where = Annotated[Path, typer.Argument(help="The folder, searched three folders deep.")]


def corpora(folder: Where = Path(), as_json: AsJson = False) -> None:
    """List the corpora in a folder.

    Of each its recordings, length, rate, size, and when it was last written.

    Example: reverie corpora ~/music
    """
    import reverie
    from reverie.progress import duration

    found = reverie.list_corpora(folder)
    if as_json:
        _echo_json(found)
        return
    rows = [
        (
            _name(corpus.folder, folder),
            f"{corpus.recordings}",
            duration(corpus.seconds),
            f"{corpus.rate_hz / 1000:g} kHz" if corpus.rate_hz else "",
            _size(corpus.bytes),
            _day(corpus.written),
        )
        for corpus in found
    ]
    headings = ("corpus", "recordings", "length", "rate", "size", "written")
    _echo_rows(headings, "lrrrrr", rows, f"No corpus is in {folder}.")
    _echo_problems([(_name(corpus.folder, folder), corpus.problem) for corpus in found])


def runs(folder: Where = Path(), as_json: AsJson = False) -> None:
    """List the runs in a folder.

    Of each its model, state, epochs, best held-out loss, size, and when it was last written.

    Example: reverie runs
    """
    import reverie

    found = reverie.list_runs(folder)
    if as_json:
        _echo_json(found)
        return
    rows = [
        (
            _name(run.folder, folder),
            f"{run.transform} {run.architecture}",
            run.state,
            f"{run.epochs}",
            "" if run.best_saved_loss is None else f"{run.best_saved_loss:.4g}",
            _size(run.bytes),
            _day(run.written),
        )
        for run in found
    ]
    headings = ("run", "model", "state", "epochs", "loss", "size", "written")
    _echo_rows(headings, "lllrrrr", rows, f"No run is in {folder}.")
    _echo_problems([(_name(run.folder, folder), run.problem) for run in found])


def _echo_rows(
    headings: Sequence[str], aligned: str, rows: Sequence[Sequence[str]], nothing: str
) -> None:
    from reverie.cli.table import echo_table
    from reverie.terminal import echo

    if rows:
        echo_table(headings, aligned, rows)
    else:
        echo(nothing)


def _echo_problems(problems: Sequence[tuple[str, str]]) -> None:
    from reverie.terminal import echo, paragraph

    for name, problem in problems:
        if problem:
            echo(*paragraph(f"{name} cannot be used: {problem}", "  "))


def _echo_json(found: Sequence[Any]) -> None:
    from reverie.terminal import echo_json

    echo_json([dataclasses.asdict(thing) | {"folder": str(thing.folder)} for thing in found])


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
