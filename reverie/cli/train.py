"""`reverie train`: a corpus and a recipe to a run."""

import signal
from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import AsJson, Assignments, Quiet, RecipeName


def train(
    corpus: Annotated[Path, typer.Argument(help="A corpus that `reverie prepare` made.")],
    recipe: RecipeName = "codes",
    out: Annotated[
        Path | None,
        typer.Option(help="The run's folder.", show_default="CORPUS-RECIPE beside the corpus"),
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
    the same command goes on from there, and so it does after a crash. Watch it with
    `tensorboard --logdir RUN`.

    Example: `reverie train piano --recipe codes --set model.hidden=512 --out piano-512`
    """
    from reverie.corpus.corpus import Corpus
    from reverie.evaluation.preview_monitor import PreviewMonitor
    from reverie.generation.preview import preview
    from reverie.runs.metrics import read_metrics
    from reverie.terminal import echo_json
    from reverie.training import recipe as recipes
    from reverie.training.estimate import estimate
    from reverie.training.outcome import outcome
    from reverie.training.train import train as make

    chosen = recipes.load_recipe(recipe, assignments or ())
    opened = Corpus.open(corpus)
    run_folder = out or _beside(corpus, Path(recipe).stem)
    if dry_run:
        _tell(estimate(opened, chosen, run_folder).lines)
        return
    try:
        run = make(
            corpus,
            chosen,
            run_folder,
            preview=preview,
            observers=[PreviewMonitor(opened)],
            quiet=quiet,
        )
    except KeyboardInterrupt:
        # Another Ctrl-C, while all ends anyway, would end in a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise
    ended = outcome(run)
    if as_json and ended.train_loss is not None:
        echo_json({"run": str(run.folder), **read_metrics(run.metrics)[-1]})
        return
    _tell(ended.lines)


def _tell(lines: tuple[str, ...]) -> None:
    from reverie.terminal import echo, paragraph

    for line in lines:
        # A command that somebody copies stays on its line.
        echo(*([line] if "reverie " in line else paragraph(line, "  ")))


def _beside(corpus: Path, recipe: str) -> Path:
    """The folder of a run beside its corpus, also where that is `.` or `..`."""
    named = corpus.resolve() if corpus.name in ("", "..") else corpus
    return named.with_name(f"{named.name}-{recipe}")
