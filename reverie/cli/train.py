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
    from reverie.errors import ReverieError
    from reverie.evaluation.preview_monitor import PreviewMonitor
    from reverie.frames.settings import frame_spec
    from reverie.generation.preview import preview
    from reverie.models.code_head import CodeHead
    from reverie.runs.memory import GIB
    from reverie.runs.metrics import read_metrics
    from reverie.terminal import echo, echo_json
    from reverie.training import recipe as recipes
    from reverie.training.preflight import plan
    from reverie.training.sequences import shortness, split_sequences
    from reverie.training.train import train as make

    chosen = recipes.load_recipe(recipe, assignments or ())
    opened = Corpus.open(corpus)
    run_folder = out or _beside(corpus, Path(recipe).stem)
    if dry_run:
        train_set, held_out_set = split_sequences(opened, chosen)
        needs = plan(chosen, run_folder)
        echo(
            f"{needs.parameters / 1e6:.1f} M parameters, memory {needs.memory_bytes / GIB:.1f} of "
            f"{needs.memory_available_bytes / GIB:.1f} GiB, disk {needs.disk_bytes / GIB:.2f} of "
            f"{needs.disk_available_bytes / GIB:.1f} GiB: it fits"
        )
        said = shortness(train_set, "training"), shortness(held_out_set, "held-out")
        echo(*filter(None, said))
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
    figures = read_metrics(run.metrics)
    if not figures:
        raise ReverieError(
            f"{run.folder} is trained, and its figures are lost: {run.metrics} holds none.",
            f"Its model is whole: reverie generate {run.folder}.",
        )
    last = figures[-1]
    if as_json:
        echo_json({"run": str(run.folder), **last})
        return
    held_out = last["held_out_loss"]
    spec = frame_spec(chosen.frames)
    unit = ""
    if spec.codebook_size:
        each_second = last["train_loss"] * run.rate_hz / spec.hop_samples
        unit = f" {CodeHead.unit} ({each_second:.0f} a second)"
    echo(
        f"{run.folder}: {last['epoch']} epochs, loss {last['train_loss']:.4f}{unit}"
        + (f", on held-out music {held_out:.4f}" if held_out is not None else ""),
        f"next: reverie generate {run.folder}",
    )


def _beside(corpus: Path, recipe: str) -> Path:
    """The folder of a run beside its corpus, also where that is `.` or `..`."""
    named = corpus.resolve() if corpus.name in ("", "..") else corpus
    return named.with_name(f"{named.name}-{recipe}")
