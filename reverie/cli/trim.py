"""`reverie trim`: a clip's best part, by hand or where its levels propose."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import AsJson, seconds_of


def trim(
    clip: Annotated[Path, typer.Argument(help="A WAV or FLAC file.")],
    start: Annotated[
        float | None,
        typer.Option(
            parser=seconds_of,
            metavar="TIME",
            help="Where to begin, such as 1.5 or 1:20.",
            show_default="where sound begins",
        ),
    ] = None,
    end: Annotated[
        float | None,
        typer.Option(
            parser=seconds_of,
            metavar="TIME",
            help="Where to end.",
            show_default="where sound ends",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The part.", show_default="CLIP-trimmed beside it"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a clip that is there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Cut a clip down to a part.

    The original stays, and what was cut is recorded. Without --start and --end the quiet start
    and end go, 30 dB under the clip's loudest. What stays keeps its rate, its channels and
    every bit.

    Example: reverie trim clips/001.wav --start 1.5 --end 8
    """
    import reverie
    from reverie.terminal import echo, echo_json

    part = reverie.trim(clip, out, start=start, end=end, overwrite=overwrite)
    if part.note:
        echo(f"How {clip} was made is not carried on: {part.note}", err=True)
    if as_json:
        echo_json(
            {
                "clip": str(part.path),
                "start_seconds": part.start_seconds,
                "end_seconds": part.end_seconds,
            }
        )
        return
    echo(f"{part.path}: {part.start_seconds:.2f} s to {part.end_seconds:.2f} s of {clip}")
