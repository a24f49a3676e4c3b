"""`reverie play`: endless music of a run, steered while it plays."""

from typing import Annotated

import typer

from reverie.cli.options import (
    Bpm,
    Checkpoint,
    Guidance,
    PromptCorpus,
    Quiet,
    Reprise,
    Temperature,
    seconds_of,
)


def play(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            path_type=str,
            help="A run that `reverie train` made, or its checkpoint; or the URL of either.",
        ),
    ],
    prompt: Annotated[
        list[str] | None,
        typer.Option(
            metavar="held-out|training|nothing|FILE",
            help="What to continue. May be repeated: the key p takes the next.",
            show_default="held-out",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="-", help="- streams to the standard output.", show_default="loudspeakers"
        ),
    ] = None,
    stream_format: Annotated[
        str,
        typer.Option(
            "--format", metavar="wav|raw", help="Of the stream: with a header or without."
        ),
    ] = "wav",
    device: Annotated[
        str | None,
        typer.Option(
            help="Which loudspeakers: a number, or part of a name.", show_default="the system's"
        ),
    ] = None,
    corpus: PromptCorpus = None,
    checkpoint: Checkpoint = None,
    seed: Annotated[int, typer.Option(help="Another number gives other music.")] = 0,
    temperature: Temperature = None,
    guidance: Guidance = None,
    reprise_seconds: Reprise = None,
    bpm: Bpm = None,
    midi: Annotated[
        str | None,
        typer.Option(
            metavar="any|NAME",
            help="A MIDI controller that moves settings; each note begins a prompt of its own.",
        ),
    ] = None,
    midi_map: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER=SETTING,…",
            help="What its control changes move: temperature, detail_temperature, guidance, bpm, "
            "reset.",
            show_default="1=temperature,74=detail_temperature,71=guidance,76=bpm,64=reset",
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds",
            "-s",
            parser=seconds_of,
            metavar="TIME",
            help="End after so much music.",
            show_default="never",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Play endless music from the loudspeakers; keys change it.

    Keys: + and - the temperature, ] and [ the guidance, > and < the tempo, p another prompt, r from
    the beginning, k keeps the last 30 seconds as a clip, q ends it. Loudspeakers and MIDI need
    `pip install 'reverie-music[play]'`; with --to - any player of streams will do.

    Example: reverie play piano-codes --to - | aplay
    """
    import reverie
    from reverie.errors import ReverieError
    from reverie.playing.engine import prepare_process
    from reverie.playing.midi import DEFAULT_MAP
    from reverie.playing.outputs.device import DeviceOutput
    from reverie.playing.outputs.pipe import PipeOutput, standard_output
    from reverie.playing.play import play as play_on

    if to not in (None, "-"):
        raise ReverieError(
            f"{to} is nothing to play on.",
            "Take `to=-` for the standard output; `reverie generate` writes files.",
        )
    if stream_format not in ("wav", "raw"):
        raise ReverieError(f"{stream_format} is no format of a stream.", "Take wav or raw.")
    opened = reverie.load(run, corpus)
    prepare_process()
    sound = opened.rate_hz, opened.recipe.frames.n_channels
    if to is None:
        output = DeviceOutput(*sound, device)
    else:
        output = PipeOutput(standard_output(), *sound, stream_format)
    settings = {
        "seed": seed,
        "checkpoint": checkpoint,
        "temperature": temperature,
        "guidance": guidance,
        "reprise_seconds": reprise_seconds,
        "bpm": bpm,
    }
    play_on(
        opened,
        output,
        {name: value for name, value in settings.items() if value is not None},
        tuple(prompt or ("held-out",)),
        midi_port=midi,
        midi_map=midi_map or DEFAULT_MAP,
        seconds=seconds,
        quiet=quiet,
    )
