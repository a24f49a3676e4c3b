"""`reverie save`: clips taken away, in any format."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import AsJson, Quiet


def save(
    clips: Annotated[
        list[Path],
        typer.Argument(metavar="CLIP...", help="Clips; a folder or a run stands for its clips."),
    ],
    to: Annotated[Path, typer.Option("--to", "-t", help="A folder, or a new file named .zip.")],
    file_format: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="wav16|wav24|wav32f|flac|flac24|opus|mp3",
            help="Of the audio files.",
        ),
    ] = "wav16",
    trim: Annotated[
        bool, typer.Option("--trim", help="Keep the best stretch of each alone.")
    ] = False,
    loop: Annotated[
        bool,
        typer.Option(
            "--loop",
            help="Cut each to a loop without a click, of whole beats where it has a pulse.",
        ),
    ] = False,
    bars: Annotated[
        bool, typer.Option("--bars", help="The same, of whole bars of four beats.")
    ] = False,
    copies: Annotated[
        bool,
        typer.Option(
            "--copies/--no-copies",
            help="When trimming, search the training recordings for what a clip repeats.",
        ),
    ] = True,
    picture: Annotated[
        bool, typer.Option("--picture", help="Draw the spectrum of each beside it.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Take clips away: in any format, trimmed or looped, into a folder or a zip.

    How a clip was made is written inside its file, where other programs show it, and in a JSON file
    beside it: the run, the checkpoint and its hash, the settings and the seed, and that it is
    AI-generated. Nothing that is there is replaced.

    Example: reverie save clips/001.wav clips/004.wav --to mine.zip --format flac --bars
    """
    import reverie
    from reverie.terminal import echo, echo_json

    saved = reverie.save(
        clips,
        to,
        format=file_format,
        trim=trim,
        loop="bars" if bars else loop,
        copies=copies,
        picture=picture,
        progress=not quiet,
    )
    if as_json:
        echo_json(saved.as_dict())
        return
    echo(*saved.lines())
    if saved.archive:
        echo(f"All of them: {saved.archive}")
