"""`reverie trim`: a clip's best part, by hand or where its levels propose."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import AsJson


def trim(
    clip: Annotated[Path, typer.Argument(help="A WAV or FLAC file.")],
    start: Annotated[
        float | None,
        typer.Option(help="Where to begin, in seconds.", show_default="where sound begins"),
    ] = None,
    end: Annotated[
        float | None,
        typer.Option(help="Where to end, in seconds.", show_default="where sound ends"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The trimmed clip.", show_default="CLIP-trimmed beside it"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a clip that is there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Cut a clip down to its best part; the original stays, and what was cut is recorded.

    Without --start and --end the quiet start and end go, 30 dB under the clip's loudest. What stays
    keeps its rate, its channels and every bit.

    Example: `reverie trim clips/001.wav --start 1.5 --end 8`
    """
    from reverie.audio.provenance import read_sidecar
    from reverie.generation.trim import trim_clip
    from reverie.terminal import echo, echo_json

    target = out or clip.with_name(f"{clip.stem}-trimmed{clip.suffix}")
    begin, finish = trim_clip(clip, target, start, end, overwrite=overwrite)
    if doubt := read_sidecar(clip).doubt:
        echo(f"How {clip} was made is not carried on: {doubt}", err=True)
    if as_json:
        echo_json({"clip": str(target), "start_seconds": begin, "end_seconds": finish})
        return
    echo(f"{target}: {begin:.2f} s to {finish:.2f} s of {clip}")
