"""`reverie generate`: a run to new music."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import AsJson, Quiet, place_seconds


def generate(
    run: Annotated[Path, typer.Argument(help="A run that `reverie train` made.")],
    out: Annotated[
        Path | None,
        typer.Option(help="The folder for the clips.", show_default="RUN/clips/CHECKPOINT"),
    ] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(
            help="The corpus that the run was trained on, for prompts from it.",
            show_default="where it was, or beside the run",
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(help="Length of each clip; any.")] = 10.0,
    count: Annotated[
        int | None,
        typer.Option(
            help="How many clips.", show_default="5, or one for each of several prompt files"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another number gives other clips.")] = 0,
    checkpoint: Annotated[
        str, typer.Option(help="best, latest, an epoch's number, or a checkpoint's name.")
    ] = "best",
    prompt: Annotated[
        list[str] | None,
        typer.Option(
            metavar="held-out|training|nothing|FILE",
            help="The music to continue; of a file, its loudest stretch without a rest. May be "
            "repeated, or be a folder: each file gives a clip.",
            show_default="held-out",
        ),
    ] = None,
    prompt_at: Annotated[
        str | None,
        typer.Option(
            metavar="M:SS",
            help="Where the prompt begins in the files instead, such as 1:20 or 80.5.",
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
    temperature: Annotated[
        float | None,
        typer.Option(
            help="0 takes the likeliest; 1 draws as the model believes.",
            show_default="the recipe's",
        ),
    ] = None,
    detail_temperature: Annotated[
        float | None,
        typer.Option(
            help="Of codes: the same for the finest; those between lie in between.",
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
    guard: Annotated[
        bool | None,
        typer.Option(
            "--guard/--no-guard",
            help="Of codes: keep a clip as surprising and as loud as music, that it neither "
            "freezes, falls apart nor dies away.",
            show_default="the recipe's",
        ),
    ] = None,
    file_format: Annotated[
        str, typer.Option("--format", metavar="wav|float-wav|flac", help="Of the audio files.")
    ] = "wav",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace clips that are there, in either format.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Generate new music that continues a prompt.

    Beside each clip lie a JSON file that says how it was made and a picture of its spectrum. The
    same run, settings and `--seed` give the same bytes. Stopped and called again, it makes
    only the clips that are missing.

    Example: `reverie generate piano-codes --seconds 30 --count 3 --prompt my-tune.mp3`
    """
    from reverie.generation.clips import generate as make
    from reverie.generation.settings import clip_settings
    from reverie.progress import position
    from reverie.runs.run import Run
    from reverie.terminal import echo, echo_json

    opened = Run.open(run, corpus)
    settings = clip_settings(
        opened.recipe.generation,
        {
            "seconds": seconds,
            "count": count,
            "seed": seed,
            "prompt": prompt or None,
            "prompt_at_seconds": None
            if prompt_at is None
            else place_seconds(prompt_at, "--prompt-at"),
            "checkpoint": checkpoint,
            "method": method,
            "temperature": temperature,
            "detail_temperature": detail_temperature,
            "top_k": top_k,
            "top_p": top_p,
            "min_p": min_p,
            "guard": guard,
            "format": file_format,
        },
    )
    folder = out or opened.folder / "clips" / opened.find_checkpoint(checkpoint).name
    clips = make(opened, settings, folder, overwrite=overwrite, quiet=quiet)
    if as_json:
        prompts = [dataclasses.asdict(clip.prompt) for clip in clips]
        generated = [clip.generated for clip in clips]
        echo_json(
            {
                "clips": [str(clip.path) for clip in clips],
                "prompts": prompts,
                "generated": generated,
            }
        )
        return
    for clip in clips:
        used = clip.prompt
        end = used.offset_seconds + used.seconds
        said = [f"from {used.recording}, {position(used.offset_seconds)}-{position(end)}"]
        if not used.recording:
            said = ["from nothing"]
        if used.silence_seconds:
            said.append(f"the {used.silence_seconds:.1f} s of silence after it left out")
        if clip.clipped_samples:
            said.append(f"{clip.clipped_samples} samples clipped")
        if clip.lacks:
            said.append(clip.lacks)
        if not clip.generated:
            said.append("was there already")
        echo(f"{clip.path}  {', '.join(said)}")
