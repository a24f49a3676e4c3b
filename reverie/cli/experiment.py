"""`reverie experiment`: many models on one corpus, by the paper's protocol, to one report."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import AsJson, Assignments, Quiet, Ray, minutes_of, seconds_of


def experiment(
    protocol: Annotated[
        str,
        typer.Argument(
            help="`paper`: section 4 of the paper. `variants`: its models against the same with "
            "an adversary and over codes, for the same time."
        ),
    ],
    corpus: Annotated[
        Path,
        typer.Argument(help="A corpus, or a folder of recordings, which is prepared first."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="The experiment's folder.",
            show_default="CORPUS-experiment-SCALE (or -variants) here",
        ),
    ] = None,
    scale: Annotated[
        str, typer.Option(metavar="paper|desk|smoke", help="The recipe that all models share.")
    ] = "desk",
    models: Annotated[
        str | None,
        typer.Option(
            help="Architectures, with commas between; `adversarial-` or `codes-` before one is its "
            "variant.",
            show_default="all of the protocol",
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="epochs|time|operations",
            help="What every model gets as much of.",
            show_default="epochs; of variants time",
        ),
    ] = None,
    minutes: Annotated[
        float,
        typer.Option(
            parser=minutes_of,
            metavar="TIME",
            help="Training time of each model, in minutes, with --budget time.",
        ),
    ] = 10.0,
    clips: Annotated[
        int, typer.Option("--clips", "-n", help="Clips of a model at each checkpoint.")
    ] = 5,
    seconds: Annotated[
        float,
        typer.Option(
            "--seconds", "-s", parser=seconds_of, metavar="TIME", help="Length of each clip."
        ),
    ] = 10.0,
    seed: Annotated[int, typer.Option(help="Decides every draw.")] = 0,
    assignments: Assignments = None,
    ray: Ray = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare models on one corpus, and write a report.

    Each model is trained on the same corpus; clips are made at its checkpoints, one checkpoint
    is chosen, its clips are pooled and trimmed. Stopped and called again, it does only what is
    missing. Over a cluster (--ray) models and their clips are spread over its nodes, which need the
    corpus and the experiment's folder under the same path; the tables are the same.

    Example: reverie experiment paper piano --scale desk --models baseline,bilinear
    """
    import reverie
    from reverie.errors import ReverieError
    from reverie.terminal import echo, echo_json

    settings: dict[str, object] = {
        "scale": scale,
        "budget": budget,
        "minutes": minutes,
        "clips": clips,
        "seconds": seconds,
        "seed": seed,
        "overrides": tuple(assignments or ()),
    }
    if models is not None:
        settings["models"] = tuple(name.strip() for name in models.split(",") if name.strip())
    given = {name: value for name, value in settings.items() if value is not None}
    done = reverie.run_experiment(protocol, corpus, out, given, ray=ray, progress=not quiet)
    if as_json:
        echo_json(done.tables())
    else:
        echo(*done.lines(), f"The report: {done.page}")
    if done.not_judged:
        raise ReverieError(
            f"the clips are not judged: {done.not_judged}", "The rest is in the report."
        )
    if done.failed:
        names = ", ".join(done.failed)
        raise ReverieError(
            f"not finished: {names}; the rest is in the report.",
            "See why in the report, and call again.",
        )
