"""Training, as scripts call it."""

import dataclasses
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from reverie.api.corpus import Corpus, corpus_of
from reverie.api.keywords import PathLike, Settings, dotted, path_of
from reverie.api.run import Run
from reverie.evaluation.checkpoint_judge import checkpoint_judge
from reverie.evaluation.preview_monitor import PreviewMonitor
from reverie.generation.preview import preview
from reverie.models.architectures import ModelBuilder, build_model
from reverie.runs.judgement import Judgement
from reverie.runs.settings import Recipe
from reverie.settings import build, override
from reverie.training.estimate import Estimate
from reverie.training.estimate import estimate as estimate_training
from reverie.training.observers import Callbacks, Epoch, Observer, Step
from reverie.training.recipe import load_recipe
from reverie.training.train import train as train_run

__all__ = ["Estimate", "estimate", "train"]


def train(
    corpus: Corpus | PathLike,
    recipe: str | PathLike | Recipe = "codes",
    out: PathLike | None = None,
    settings: Settings | None = None,
    *,
    on_step: Callable[[Step], object] | None = None,
    on_epoch: Callable[[Epoch], object] | None = None,
    on_checkpoint: Callable[[Path], object] | None = None,
    on_judgement: Callable[[int, Judgement], object] | None = None,
    observers: Sequence[Observer] = (),
    stop: threading.Event | None = None,
    builder: ModelBuilder = build_model,
    progress: bool = False,
    **keywords: Any,
) -> Run:
    """Train a model, or go on with a run that was stopped.

    Args:
        corpus: what to train on: a corpus, its folder, or a folder of recordings, which is
            prepared first.
        recipe: the name of a recipe, the path of one in TOML, or a `Recipe`.
        out: the run's folder; `CORPUS-RECIPE` beside the corpus if not given. A run of the same
            corpus and settings that lies there is continued, to the same bytes as if it had never
            stopped.
        settings: of the recipe, by dotted name, such as `{"model.hidden": 512}`.
        on_step: called after each step.
        on_epoch: called after each epoch.
        on_checkpoint: called with the folder of each checkpoint.
        on_judgement: called with the epoch and the judgement on its clips, if they are judged.
        observers: watch the training besides.
        stop: once it is set, by any thread, the step at hand is finished, a checkpoint is written,
            and the run is returned.
        builder: builds the model, where that is not one of Reverie's own architectures.
        progress: show it on stderr.
        **keywords: settings of the recipe, such as `hidden=512, epochs=100`.

    Raises:
        ReverieError: corpus, settings and run do not fit each other or this machine.
        KeyboardInterrupt: a signal asked to stop; a checkpoint was written first.
    """
    opened = corpus_of(corpus, progress=progress).opened
    chosen = _recipe(recipe, dotted(Recipe, settings, keywords, "train"))
    folder = path_of(out, "out") if out is not None else default_run_folder(opened.folder, recipe)
    callbacks = Callbacks(on_step, on_epoch, on_checkpoint, on_judgement)
    run = train_run(
        opened.folder,
        chosen,
        folder,
        builder=builder,
        preview=preview,
        judge=checkpoint_judge(opened),
        observers=(PreviewMonitor(opened), callbacks, *observers),
        stop=stop,
        quiet=not progress,
    )
    return Run(run)


def default_run_folder(corpus: Path, recipe: str | PathLike | Recipe) -> Path:
    """Where a run goes if nothing is said: `CORPUS-RECIPE` beside its corpus."""
    name = "run" if isinstance(recipe, Recipe) else path_of(recipe, "recipe", "a Recipe").stem
    named = corpus.resolve() if corpus.name in ("", "..") else corpus
    return named.with_name(f"{named.name}-{name}")


def estimate(
    corpus: Corpus | PathLike,
    recipe: str | PathLike | Recipe = "codes",
    out: PathLike | None = None,
    settings: Settings | None = None,
    *,
    builder: ModelBuilder = build_model,
    **keywords: Any,
) -> Estimate:
    """Work out what a training would take, from a few real steps; nothing is written.

    Args:
        corpus: as `train`.
        recipe: as `train`.
        out: as `train`; where a run lies there, the estimate is for the rest of it.
        settings: as `train`.
        builder: as `train`.
        **keywords: as `train`.

    Raises:
        ReverieError: as `train`.
    """
    opened = corpus_of(corpus).opened
    chosen = _recipe(recipe, dotted(Recipe, settings, keywords, "estimate"))
    folder = path_of(out, "out") if out is not None else default_run_folder(opened.folder, recipe)
    return estimate_training(opened, chosen, folder, builder)


def _recipe(recipe: str | PathLike | Recipe, changes: Settings) -> Recipe:
    if isinstance(recipe, Recipe):
        return build(Recipe, override(dataclasses.asdict(recipe), changes), "recipe")
    path_of(recipe, "recipe", "a recipe's name, a Recipe")
    return load_recipe(recipe, changes)
