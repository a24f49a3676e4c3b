"""`reverie export`: a run to what is used without it."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import AsJson, Checkpoint


def export(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            path_type=str,
            help="A run that `reverie train` made, or its checkpoint; or the URL of either.",
        ),
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            "-t",
            metavar="folder|html|onnx|nn",
            help="folder: a model that `reverie generate` and `train --from` take anywhere, with "
            "a model card, as hubs of models expect. html: a page of one file that plays the music "
            "for ever, with no network. onnx: graphs of a step and of the sound, with a program "
            "that plays them. nn: a script for nn~, in Max, Pure Data and SuperCollider.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="What to write.", show_default="beside the run"),
    ] = None,
    checkpoint: Checkpoint = None,
    licence: Annotated[
        str,
        typer.Option(help="Under which others may use the model, such as cc-by-4.0."),
    ] = "",
    evaluation: Annotated[
        Path | None,
        typer.Option(
            help="A report that `reverie evaluate` wrote of its clips, for the model card.",
            show_default="none",
        ),
    ] = None,
    weights: Annotated[
        str,
        typer.Option(
            help="Of a page, how its numbers are stored: auto (the finest whole ones that fit), "
            "int8, int7, int6, float16 or float32."
        ),
    ] = "auto",
    prompts: Annotated[
        int,
        typer.Option(
            help="Of a page, how many held-out prompts it offers; graphs and scripts begin from "
            "one, or from nothing if this is 0."
        ),
    ] = 6,
    credits: Annotated[  # noqa: A002
        str,
        typer.Option(
            help="Of a page: to whom the recordings belong, and under which licence.",
            show_default="unknown",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Export a model, to be used without its run and its corpus.

    What is written holds the weights, the codec, and what is known of the training: the recipe, the
    recordings by their hashes, and what was measured. It holds no recording. A folder
    holds no program either; a page holds the one that plays it, and a tenth of a second of each
    prompt. Nothing that is there is replaced.

    Example: reverie export piano-codes --to folder --licence cc-by-4.0
    """
    import reverie
    from reverie.terminal import echo, echo_json

    opened = reverie.load(run)
    exported = opened.export(
        to,
        out,
        checkpoint=checkpoint or opened.checkpoint,
        licence=licence,
        evaluation=str(evaluation or ""),
        weights=weights,
        prompts=prompts,
        credits=credits,
    )
    if as_json:
        echo_json(exported.as_dict())
        return
    echo(*exported.lines())
