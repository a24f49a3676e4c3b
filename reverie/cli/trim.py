"""`reverie trim`: a clip's best stretch, or a part of it by hand."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import AsJson, Quiet, seconds_of


def trim(
    clip: Annotated[Path, typer.Argument(help="A WAV or FLAC file.")],
    start: Annotated[
        float | None,
        typer.Option(
            parser=seconds_of,
            metavar="TIME",
            help="Where to begin, such as 1.5 or 1:20.",
            show_default="where the best stretch begins",
        ),
    ] = None,
    end: Annotated[
        float | None,
        typer.Option(
            parser=seconds_of,
            metavar="TIME",
            help="Where to end.",
            show_default="where the best stretch ends",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The part.", show_default="CLIP-trimmed beside it"),
    ] = None,
    copies: Annotated[
        bool,
        typer.Option(
            "--copies/--no-copies",
            help="Search the training recordings for what the clip repeats, and leave it out.",
        ),
    ] = True,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a clip that is there.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Cut a clip down to its best stretch.

    The original stays, and what was cut is recorded. Without --start and --end the longest stretch
    stays in which nothing is silent, noise, frozen, looping, clipped or copied, by the measures of
    reverie evaluate, less its quiet ends. What stays keeps its rate, its channels and every bit.

    Example: reverie trim clips/001.wav --start 1.5 --end 8
    """
    import reverie
    from reverie.terminal import echo, echo_json

    part = reverie.trim(
        clip, out, start=start, end=end, copies=copies, overwrite=overwrite, progress=not quiet
    )
    if part.note:
        echo(f"How {clip} was made is not carried on: {part.note}", err=True)
    stretch = part.stretch
    if as_json:
        echo_json({"clip": str(part.path), **dataclasses.asdict(stretch)})
        return
    begin, finish = stretch.start_seconds, stretch.end_seconds
    echo(f"{part.path}: {begin:.2f} s to {finish:.2f} s of {clip}")
    if stretch.sentence:
        echo(stretch.sentence)
