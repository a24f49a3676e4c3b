"""`reverie prepare`: a folder of recordings to a corpus."""

from typing import Annotated

import typer

from reverie.cli.options import AsJson, Quiet, Ray, hertz_of, seconds_of
from reverie.cli.words import say


def prepare(
    recordings: Annotated[
        str,
        typer.Argument(
            path_type=str, help="A folder of recordings, searched with all below it; or its URL."
        ),
    ],
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            path_type=str,
            help="The corpus's folder, or an URL.",
            show_default="NAME-corpus in this folder",
        ),
    ] = None,
    rate: Annotated[
        int | None,
        typer.Option(
            parser=hertz_of,
            metavar="HZ",
            help="Samples per second, 8000 to 48000; 44.1k.",
            show_default="that of half of the recordings, 16k to 44.1k; a corpus made before stays "
            "as it is",
        ),
    ] = None,
    stereo: Annotated[
        bool | None,
        typer.Option(
            "--stereo/--mono",
            help="Keep left and right, or mix each recording to one channel.",
            show_default="stereo where there is; a corpus made before stays as it is",
        ),
    ] = None,
    train_fraction: Annotated[
        float, typer.Option(help="How many of the recordings to train on; the rest is held out.")
    ] = 0.8,
    split_seed: Annotated[
        int, typer.Option(help="Another number divides the recordings another way.")
    ] = 0,
    balanced: Annotated[
        bool | None,
        typer.Option(
            "--balanced/--no-balanced",
            help="Hold out a share of each subfolder, and the end of a recording that holds nearly "
            "all of the time.",
            show_default="yes; a corpus made before stays as it is",
        ),
    ] = None,
    min_seconds: Annotated[
        float,
        typer.Option(
            parser=seconds_of, metavar="TIME", help="Refuse recordings shorter than this."
        ),
    ] = 2.0,
    normalise: Annotated[
        float | None,
        typer.Option(
            metavar="DBFS",
            help="Bring the peak of each recording to this level, in dB relative to full scale, "
            "such as -1: the way in for quiet recordings.",
        ),
    ] = None,
    keep_damaged: Annotated[
        bool,
        typer.Option("--keep-damaged", help="Use what can be decoded of damaged recordings."),
    ] = False,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="A recording or subfolder not to use; may be repeated."),
    ] = None,
    hold_out: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="A recording or subfolder to hold out; may be repeated."),
    ] = None,
    train_on: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="A recording or subfolder to train on; may be repeated."),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Files decoded at once; with --ray, in each piece of work.",
            show_default="the number of cores; with --ray 4",
        ),
    ] = None,
    ray: Ray = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of a corpus of other recordings.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Turn a folder of recordings into a corpus to train on.

    Any audio format, rate and number of channels will do. Recordings are decoded, checked and
    divided into those to train on and those held out. Files that cannot be used are told with the
    reason, and so is what is left out: clips and folders of Reverie, trash, older versions, hidden
    files and folders. Call it again after adding or removing recordings: only what changed is done
    again. Over a cluster (--ray) recordings are spread over its nodes, which need them and the
    corpus's folder under the same path.

    Example: reverie prepare ~/Music/piano --out piano
    """
    import reverie
    from reverie.corpus.nothing_usable import NothingUsable
    from reverie.terminal import echo_json

    try:
        corpus = reverie.prepare(
            recordings,
            out,
            {
                "rate_hz": rate,
                "channels": None if stereo is None else 2 if stereo else 1,
                "train_fraction": train_fraction,
                "split_seed": split_seed,
                "balanced": balanced,
                "min_seconds": min_seconds,
                "normalise_dbfs": normalise,
                "keep_damaged": keep_damaged,
                "leave_out": leave_out or [],
                "hold_out": hold_out or [],
                "train_on": train_on or [],
            },
            replace=replace,
            processes=processes,
            ray=ray,
            progress=not quiet,
        )
    except NothingUsable as error:
        say(*error.lines(), err=True)
        raise error.after_lines() from error
    if as_json:
        echo_json(corpus.as_dict())
    else:
        say(*corpus.lines())
