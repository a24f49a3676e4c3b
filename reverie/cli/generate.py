"""`reverie generate`: a run to new music."""

from typing import Annotated

import typer

from reverie.cli.options import (
    AsJson,
    Bpm,
    Checkpoint,
    Guidance,
    PromptCorpus,
    Quiet,
    Reprise,
    Temperature,
    seconds_of,
)
from reverie.cli.words import say


def generate(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            path_type=str,
            help="A run that `reverie train` made, or its checkpoint; or a folder that "
            "`reverie export` made; or the URL of one.",
        ),
    ],
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            path_type=str,
            help="The folder for the clips; or a .wav or .flac file for one clip; or an URL.",
            show_default="RUN/clips/CHECKPOINT; of a run at an URL, RUN-clips/CHECKPOINT here",
        ),
    ] = None,
    corpus: PromptCorpus = None,
    seconds: Annotated[
        float,
        typer.Option(
            "--seconds",
            "-s",
            parser=seconds_of,
            metavar="TIME",
            help="Length of each clip: 30, 3min, 1h.",
        ),
    ] = 10.0,
    count: Annotated[
        int | None,
        typer.Option(
            "--count",
            "-n",
            help="How many clips.",
            show_default="5, or one for each of several prompts",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another number gives other clips.")] = 0,
    checkpoint: Checkpoint = None,
    prompt: Annotated[
        list[str] | None,
        typer.Option(
            metavar="held-out|training|nothing|FILE",
            help="What to continue; of a file, its loudest stretch without a rest. May be "
            "repeated, or be a folder: each file gives a clip.",
            show_default="held-out; nothing where the run was exported",
        ),
    ] = None,
    prompt_at: Annotated[
        float | None,
        typer.Option(
            parser=seconds_of,
            metavar="TIME",
            help="Where in the files the prompt begins instead, such as 1:20.",
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            metavar="rolling|carry",
            help="rolling re-feeds the last frames, as the paper; carry carries the state on.",
            show_default="the recipe's",
        ),
    ] = None,
    temperature: Temperature = None,
    detail_temperature: Annotated[
        float | None,
        typer.Option(
            help="Of codes: the temperature of the finest; those between lie in between.",
            show_default="the recipe's",
        ),
    ] = None,
    top_k: Annotated[
        int | None,
        typer.Option(help="Of codes: draw from so many only.", show_default="the recipe's"),
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(
            help="Of codes: draw from those that have this probability together.",
            show_default="the recipe's",
        ),
    ] = None,
    min_p: Annotated[
        float | None,
        typer.Option(
            help="Of codes: none less likely than this share of the likeliest.",
            show_default="the recipe's",
        ),
    ] = None,
    guidance: Guidance = None,
    reprise_seconds: Reprise = None,
    bpm: Bpm = None,
    beat: Annotated[
        bool | None,
        typer.Option(
            "--beat/--no-beat",
            help="Of models of the beat: whether they are told one.",
            show_default="the recipe's",
        ),
    ] = None,
    guard: Annotated[
        bool | None,
        typer.Option(
            "--guard/--no-guard",
            help="Of codes: keep a clip as surprising and as loud as music, so that it neither "
            "freezes, nor falls apart, nor dies away.",
            show_default="the recipe's",
        ),
    ] = None,
    file_format: Annotated[
        str, typer.Option("--format", metavar="wav|float-wav|flac", help="Of the audio files.")
    ] = "wav",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace clips that are there, from 001 on.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page with the clips in the browser.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Generate new music that continues a prompt.

    Beside each clip lie a JSON file that says how it was made and a picture of its spectrum; a
    page plays them all. A folder that has clips gets more, with other numbers and other seeds. A
    call that was stopped is finished by the same command.

    Example: reverie generate piano-codes -s 30 -n 3 --prompt tune.mp3
    """
    import reverie
    from reverie.terminal import echo_json

    opened = reverie.load(run, corpus)
    settings = {
        "seconds": seconds,
        "count": count,
        "seed": seed,
        "checkpoint": checkpoint,
        "prompt_at_seconds": prompt_at,
        "method": method,
        "temperature": temperature,
        "detail_temperature": detail_temperature,
        "top_k": top_k,
        "top_p": top_p,
        "min_p": min_p,
        "guidance": guidance,
        "reprise_seconds": reprise_seconds,
        "bpm": bpm,
        "beat": beat,
        "guard": guard,
        "format": file_format,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    clips = opened.generate(
        given,
        prompt=prompt or ...,
        out=out or opened.clips_folder(checkpoint),
        overwrite=overwrite,
        progress=not quiet,
    )
    if as_json:
        echo_json(clips.as_dict())
        return
    say(*clips.lines())
    if show and clips.page:
        import webbrowser

        webbrowser.open(clips.page.resolve().as_uri())
