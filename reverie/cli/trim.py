"""`reverie trim`: a clip's best stretch, by its measures or by hand."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import AsJson, Quiet


def trim(
    clip: Annotated[Path, typer.Argument(help="A WAV or FLAC file.")],
    start: Annotated[
        float | None,
        typer.Option(
            help="Where to begin, in seconds.", show_default="where its best stretch begins"
        ),
    ] = None,
    end: Annotated[
        float | None,
        typer.Option(help="Where to end, in seconds.", show_default="where its best stretch ends"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The trimmed clip.", show_default="CLIP-trimmed beside it"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a clip that is there.")
    ] = False,
    copies: Annotated[
        bool,
        typer.Option(
            help="Search the training recordings of a clip that Reverie made, and leave out what "
            "repeats them."
        ),
    ] = True,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Cut a clip down to its best stretch; the original stays, and what was cut is recorded.

    Without --start and --end that is the longest stretch that is not silent, noise, frozen,
    looping, clipped or a copy, judged four seconds at a time by the measures of `reverie
    evaluate`, less its quiet ends. What stays keeps its rate, its channels and every bit.

    Example: `reverie trim clips/001.wav --start 1.5 --end 8`
    """
    from reverie.audio.provenance import read_sidecar
    from reverie.evaluation.best_stretch import corpus_of, trim_to_best
    from reverie.terminal import echo, echo_json

    target = out or clip.with_name(f"{clip.stem}-trimmed{clip.suffix}")
    corpus = corpus_of(clip)
    found = trim_to_best(
        clip, target, corpus, start, end, copies=copies, overwrite=overwrite, quiet=quiet
    )
    if doubt := read_sidecar(clip).doubt:
        echo(f"How {clip} was made is not carried on: {doubt}", err=True)
    if as_json:
        echo_json({"clip": str(target), **dataclasses.asdict(found)})
        return
    echo(f"{target}: {found.start_seconds:.2f} s to {found.end_seconds:.2f} s of {clip}")
    if found.sentence:
        echo(found.sentence)
