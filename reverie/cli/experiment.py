"""`reverie experiment`: many models on one corpus, by the paper's protocol, to one report."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import AsJson, Assignments, Quiet


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
        float, typer.Option(help="Training time of each model, with --budget time.")
    ] = 10.0,
    clips: Annotated[int, typer.Option(help="Clips of a model at each checkpoint.")] = 5,
    seconds: Annotated[float, typer.Option(help="Length of each clip.")] = 10.0,
    seed: Annotated[int, typer.Option(help="Decides every draw.")] = 0,
    assignments: Assignments = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare models on one corpus, and write a report.

    Each model is trained on the same corpus; clips are made at its checkpoints, one checkpoint
    is chosen, its clips are pooled and trimmed. Stopped and called again, it does only what is
    missing.

    Example: `reverie experiment paper piano --scale desk --models baseline,bilinear`
    """
    from reverie.errors import ReverieError
    from reverie.experiment.protocol import run_experiment
    from reverie.experiment.report import write_report
    from reverie.experiment.settings import ENTRANTS, ExperimentSettings
    from reverie.records import read_json
    from reverie.settings import build
    from reverie.terminal import echo, echo_json

    values: dict[str, object] = {
        "protocol": protocol,
        "scale": scale,
        "budget": budget or ("time" if protocol == "variants" else "epochs"),
        "minutes": minutes,
        "clips": clips,
        "seconds": seconds,
        "seed": seed,
        "overrides": tuple(assignments or ()),
    }
    if models is None:
        values["models"] = ENTRANTS.get(protocol, ENTRANTS["paper"])
    else:
        values["models"] = tuple(one.strip() for one in models.split(",") if one.strip())
    settings = build(ExperimentSettings, values, "experiment")
    folder = out or Path(
        f"{corpus.resolve().name}-experiment-{scale if protocol == 'paper' else protocol}"
    )
    done = run_experiment(corpus, folder, settings, quiet=quiet)
    page = write_report(done)
    if as_json:
        echo_json(read_json(folder / "tables.json", "tables"))
    else:
        for one in done.results:
            echo(
                f"{one.model:14} held-out loss {one.held_out_loss:.4f}, clips from epoch "
                f"{one.chosen_epoch}: {one.level_db:+.1f} dB, {one.verdicts}"
            )
        echo(f"The report: {page}")
    if done.judged.failed:
        raise ReverieError(
            f"the clips are not judged: {done.judged.why_not}", "The rest is in the report."
        )
    if done.failed:
        names = ", ".join(done.failed)
        raise ReverieError(
            f"not finished: {names}; the rest is in the report.",
            "See why in the report, and call again.",
        )
