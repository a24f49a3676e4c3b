"""`reverie train`: a corpus and a recipe to a run."""

import dataclasses
import signal
from typing import Annotated

import typer

from reverie.cli.options import AsJson, Assignments, Quiet, minutes_of
from reverie.cli.words import in_options, say


def train(
    corpus: Annotated[
        str,
        typer.Argument(
            path_type=str,
            help="A corpus that `reverie prepare` made, or a folder of recordings, which is "
            "prepared first; or the URL of either.",
        ),
    ],
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe",
            "-r",
            help="codes, demo, desk, paper or smoke; or a TOML file of your own.",
            show_default="codes; with --from, that run's own",
        ),
    ] = None,
    init_from: Annotated[
        str | None,
        typer.Option(
            "--from",
            path_type=str,
            metavar="RUN",
            help="Begin with the weights and the codec of this run, or of a folder that `reverie "
            "export` made.",
            show_default="weights drawn at random",
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            path_type=str,
            help="The run's folder, or an URL.",
            show_default="CORPUS-RECIPE or CORPUS-RUN beside the corpus",
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(help="Passes over the recordings at most.", show_default="the recipe's"),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            parser=minutes_of,
            metavar="TIME",
            help="Longest time to train, in minutes, or such as 90s or 1h.",
            show_default="the recipe's",
        ),
    ] = None,
    hidden: Annotated[
        int | None,
        typer.Option(help="Width of the model.", show_default="the recipe's"),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="Decides every draw of the training.", show_default="the recipe's"),
    ] = None,
    assignments: Assignments = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would take, and stop.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train a model on a corpus.

    Says first whether it fits this machine and how long it will take. Ctrl-C writes a checkpoint;
    the same command resumes from there, as it does after a crash. Watch it with
    tensorboard --logdir RUN.

    With --from it goes on from a model that was trained on other music, in a run of its own.

    Several processes train one model under torchrun, on GPUs, processors or machines:
    torchrun --nproc-per-node 2 -m reverie train CORPUS

    Example: reverie train piano --recipe codes --hidden 512 --minutes 20 --out piano-512
    """
    import reverie
    from reverie.settings import assigned
    from reverie.terminal import echo_json, echo_text

    options = {
        "training.epochs": epochs,
        "training.minutes": minutes,
        "model.hidden": hidden,
        "training.seed": seed,
    }
    changes = assigned(assignments or ())
    changes |= {name: value for name, value in options.items() if value is not None}
    opened = reverie.corpus_of(corpus, progress=not quiet)
    if opened.is_new and not (quiet or as_json):
        say(*opened.lines())
    if dry_run:
        found = reverie.estimate(opened, recipe, out, changes, init_from=init_from)
        if as_json:
            echo_json(dataclasses.asdict(found))
        else:
            echo_text(found.lines)
        return
    try:
        run = reverie.train(opened, recipe, out, changes, init_from=init_from, progress=not quiet)
    except KeyboardInterrupt:
        # Another Ctrl-C, while all ends anyway, would end in a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise
    if as_json and run.metrics:
        echo_json({"run": run.url or str(run.folder), **run.metrics[-1]})
        return
    echo_text(map(in_options, run.outcome().lines))
