"""Training, as scripts call it."""

import dataclasses
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from reverie.api.corpus import Corpus, corpus_of
from reverie.api.keywords import PathLike, Settings, dotted, path_of, place_of
from reverie.api.run import Run, load
from reverie.corpus import corpus as prepared
from reverie.errors import ReverieError
from reverie.evaluation.checkpoint_judge import checkpoint_judge
from reverie.evaluation.preview_monitor import PreviewMonitor
from reverie.generation.preview import PreviewFiles, preview
from reverie.models.architectures import ModelBuilder, build_model
from reverie.remote.places import naming_urls, place_at
from reverie.remote.store import Store
from reverie.remote.urls import url_name
from reverie.runs.at_url import fetch_run
from reverie.runs.files import CONFIG
from reverie.runs.judgement import Judgement
from reverie.runs.run import Run as OpenedRun
from reverie.runs.settings import Recipe
from reverie.settings import build, override
from reverie.training.estimate import Estimate
from reverie.training.estimate import estimate as estimate_training
from reverie.training.observers import Callbacks, Epoch, Observer, Step
from reverie.training.pretrained import Pretrained, with_sizes_of
from reverie.training.recipe import load_recipe
from reverie.training.sending import run_at
from reverie.training.train import train as train_run

__all__ = ["Estimate", "estimate", "train"]
DEFAULT_RECIPE = "codes"


def train(
    corpus: Corpus | PathLike,
    recipe: str | PathLike | Recipe | None = None,
    out: PathLike | None = None,
    settings: Settings | None = None,
    *,
    init_from: Run | PathLike | None = None,
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
    """Train a model, or go on with a run that was stopped; under `torchrun`, with all processes.

    Args:
        corpus: a corpus, its folder, or one of recordings, which is prepared first; or an URL.
        recipe: the name of a recipe, the path of one in TOML, or a `Recipe`; `codes` if not given.
            With `init_from` its frames and its model are that one's; all of it, if none is given.
        out: the run's folder or URL; `CORPUS-RECIPE` beside the corpus, here if that has an URL. A
            run of the same corpus and settings goes on, to the same bytes as if never stopped.
        settings: of the recipe, by dotted name, such as `{"model.hidden": 512}`.
        init_from: a run, exported or not, or its folder: the new run begins with its weights and
            its codec, on a corpus of the same rate, and needs it no more to go on.
        on_step: called after each step.
        on_epoch: called after each epoch.
        on_checkpoint: called with the folder of each checkpoint.
        on_judgement: called with the epoch and the judgement on its clips, if they are judged.
        observers: watch the training besides.
        stop: once any thread sets it, the step is finished, a checkpoint written, all returned.
        builder: builds the model, where that is not one of Reverie's own architectures.
        progress: show it on stderr.
        **keywords: settings of the recipe, such as `hidden=512, epochs=100`.

    Raises:
        ReverieError: corpus, settings and run do not fit each other or this machine.
        KeyboardInterrupt: a signal asked to stop; a checkpoint was written first.
    """
    opened = corpus_of(corpus, progress=progress).opened
    changes = dotted(Recipe, settings, keywords, "train")
    callbacks = Callbacks(on_step, on_epoch, on_checkpoint, on_judgement)
    with naming_urls(), _run_folder(opened, recipe, out, init_from) as (folder, sending):
        plan = _planned(opened, recipe, folder, changes, init_from, builder)
        run = train_run(
            opened.folder,
            plan.recipe,
            plan.folder,
            pretrained=plan.pretrained,
            builder=builder,
            preview=preview,
            judge=checkpoint_judge(opened),
            observers=(PreviewMonitor(opened), PreviewFiles(), callbacks, *observers, *sending),
            stop=stop,
            quiet=not progress,
        )
    return Run(run)


@contextmanager
def _run_folder(
    corpus: prepared.Corpus,
    recipe: str | PathLike | Recipe | None,
    out: PathLike | None,
    init_from: Run | PathLike | None,
) -> Generator[tuple[Path, tuple[Observer, ...]]]:
    """Give the folder in which a run is trained, and what sends it where it lies at an URL."""
    place = _place(corpus, recipe, out, init_from)
    if isinstance(place, str):
        with run_at(place) as (folder, sender):
            yield folder, (sender,)
    else:
        yield place, ()


def _place(
    corpus: prepared.Corpus,
    recipe: str | PathLike | Recipe | None,
    out: PathLike | None,
    init_from: Run | PathLike | None,
) -> Path | str:
    """Return where a run goes: a folder or an URL."""
    if out is not None:
        return place_of(out, "out")
    name = _begun_from(init_from, build_model)[1]
    where = corpus.folder if corpus.url is None else Path(url_name(corpus.url))
    return default_run_folder(where, recipe, name)


def default_run_folder(
    corpus: Path, recipe: str | PathLike | Recipe | None, init_from: str = ""
) -> Path:
    """Where a run goes if nothing is said: `CORPUS-RECIPE` beside its corpus.

    Args:
        corpus: its folder.
        recipe: its recipe; None for the default one.
        init_from: the name of the run that it is begun from, which then stands for the recipe.
    """
    if init_from:
        name = init_from
    elif isinstance(recipe, Recipe):
        name = "run"
    else:
        name = path_of(recipe or DEFAULT_RECIPE, "recipe", "a Recipe").stem
    named = corpus.resolve() if corpus.name in ("", "..") else corpus
    return named.with_name(f"{named.name}-{name}")


def estimate(
    corpus: Corpus | PathLike,
    recipe: str | PathLike | Recipe | None = None,
    out: PathLike | None = None,
    settings: Settings | None = None,
    *,
    init_from: Run | PathLike | None = None,
    builder: ModelBuilder = build_model,
    **keywords: Any,
) -> Estimate:
    """Work out what a training would take, from a few real steps; nothing is written.

    Args:
        corpus: as `train`.
        recipe: as `train`.
        out: as `train`; where a run lies there, the estimate is for the rest of it.
        settings: as `train`.
        init_from: as `train`.
        builder: as `train`.
        **keywords: as `train`.

    Raises:
        ReverieError: as `train`.
    """
    opened = corpus_of(corpus).opened
    changes = dotted(Recipe, settings, keywords, "estimate")
    place = _place(opened, recipe, out, init_from)
    if isinstance(place, str):
        url, place = place, place_at(place).folder
        if Store(url).is_there(CONFIG):
            fetch_run(place_at(url))
    plan = _planned(opened, recipe, place, changes, init_from, builder)
    return estimate_training(opened, plan.recipe, plan.folder, builder, plan.pretrained)


class _Plan(NamedTuple):
    """What is to be trained."""

    folder: Path
    recipe: Recipe
    pretrained: Pretrained | None


def _planned(
    corpus: prepared.Corpus,
    recipe: str | PathLike | Recipe | None,
    place: Path,
    changes: Settings,
    init_from: Run | PathLike | None,
    builder: ModelBuilder,
) -> _Plan:
    """Find the recipe, and what the run is begun from."""
    begun, name = _begun_from(init_from, builder)
    trained = None if begun is None else begun.run.recipe
    if begun is None and name:
        # What it was begun from is gone, and not needed to go on.
        run = OpenedRun.open(place, builder=builder) if OpenedRun.exists(place) else None
        if run is None or run.parent is None:
            raise ReverieError(f"{init_from} is not a folder.", "Give the folder of a run.")
        trained = run.recipe
    if trained is None:
        chosen = _recipe(recipe or DEFAULT_RECIPE, changes, corpus.rate_hz)
    else:
        base = trained if recipe is None else _recipe(recipe, {}, corpus.rate_hz)
        base = with_sizes_of(base, trained)
        chosen = build(Recipe, override(dataclasses.asdict(base), changes), "recipe")
    return _Plan(place, chosen, begun)


def _begun_from(
    init_from: Run | PathLike | None, builder: ModelBuilder
) -> tuple[Pretrained | None, str]:
    """Return the model that a run is begun from, None where it is gone, and its name."""
    if init_from is None:
        return None, ""
    if not isinstance(init_from, Run):
        path = place_of(init_from, "init_from", "a Run")
        if isinstance(path, Path) and not path.exists():
            return None, path.resolve().name
        init_from = load(path, builder=builder)
    checkpoint = init_from.opened.find_checkpoint(init_from.checkpoint)
    return Pretrained(init_from.opened, checkpoint), init_from.opened.name


def _recipe(recipe: str | PathLike | Recipe, changes: Settings, rate_hz: int) -> Recipe:
    if isinstance(recipe, Recipe):
        return build(Recipe, override(dataclasses.asdict(recipe), changes), "recipe")
    path_of(recipe, "recipe", "a recipe's name, a Recipe")
    return load_recipe(recipe, changes, rate_hz)
