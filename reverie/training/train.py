"""A corpus and a recipe to a run: what is opened, checked and built before the first step."""

import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.models.architectures import ModelBuilder, build_model
from reverie.runs.ending import done_text
from reverie.runs.files import ranks_of, threads_of
from reverie.runs.memory import clear_memory_errors
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.storage import only_one
from reverie.training.allocator import keep_freed_memory
from reverie.training.beginning import begin_run, begun_by_first, with_frames
from reverie.training.checkpointer import kept_so_far
from reverie.training.device import CPU, training_device
from reverie.training.interrupt import Interruptible
from reverie.training.judging import Judge, Judging
from reverie.training.observers import Observer, ProgressObserver
from reverie.training.preflight import Needs, plan, smaller
from reverie.training.pretrained import Pretrained, first_model
from reverie.training.ranks import ALONE, Ranks, process_group
from reverie.training.resuming import fallback_note, lost_notes, ranks_notes, threads_notes
from reverie.training.sequences import Sequences
from reverie.training.splits import split_sequences
from reverie.training.tensorboard import TensorBoardLogger
from reverie.training.threads import set_threads
from reverie.training.trainer import Preview, Trainer

CHECKED_BYTES = 16 << 30
"""Of samples that are all checked before the first step, in a quarter of a minute: 150 hours at
16 kHz. The recordings of a larger corpus are each checked when they are first read."""


def train(
    corpus_folder: Path,
    recipe: Recipe,
    run_folder: Path,
    *,
    pretrained: Pretrained | None = None,
    builder: ModelBuilder = build_model,
    preview: Preview | None = None,
    judge: Judge | None = None,
    judgements: int = 0,
    observers: Sequence[Observer] = (),
    stop: threading.Event | None = None,
    quiet: bool = False,
) -> Run:
    """Train a model, or resume a run that was stopped.

    Processes that `torchrun` started, or that torch's process group joins, train one model
    together: each learns from its share of every batch. The first alone writes, prints, and has
    what is shown observers; files must lie where all see them.

    Args:
        corpus_folder: a prepared corpus.
        recipe: everything else that decides the result.
        run_folder: of the run; one of the same corpus and recipe is continued, to the same bytes.
        pretrained: the model that a new run is begun from; one that is continued needs it no more.
        builder: builds the model, where that is not one of Reverie's architectures.
        preview: makes the audio that observers are shown, if the recipe asks for previews.
        judge: judges clips on the way, if the recipe asks for it.
        judgements: how often clips are judged, spread evenly; 0 leaves it to the recipe.
        observers: watch the training, besides the progress on the terminal and TensorBoard's log.
        stop: once any thread sets it, the step is finished, and a checkpoint written.
        quiet: show no progress.

    Raises:
        ReverieError: corpus, recipe and run do not fit each other or this machine.
        KeyboardInterrupt: a signal asked to stop; a checkpoint was written first.
    """
    with process_group(training_device(recipe)) as ranks:
        parts = _Parts(
            pretrained,
            builder,
            preview,
            Judging(recipe.training, judge, count=judgements),
            tuple(observers),
            stop or threading.Event(),
            quiet or not ranks.is_first,
        )
        return _train(corpus_folder, recipe, run_folder, parts, ranks)


class _Parts(NamedTuple):
    """What `train` is given besides the corpus, the recipe and the run's folder; see there."""

    pretrained: Pretrained | None
    builder: ModelBuilder
    preview: Preview | None
    judging: Judging
    observers: tuple[Observer, ...]
    stop: threading.Event
    quiet: bool


def _train(folder: Path, recipe: Recipe, run_folder: Path, parts: _Parts, ranks: Ranks) -> Run:
    """Train as one of `ranks`; see `train`."""
    builder, quiet = parts.builder, parts.quiet
    corpus, recipe = _opened(folder, recipe, parts.pretrained, ranks, quiet=quiet)
    sequences = ranks.first_before_others(lambda: split_sequences(corpus, recipe))
    of_one = _share_of(recipe, ranks)
    needs = plan(of_one, corpus.rate_hz, run_folder, builder, ranks.on_machine)
    set_threads(recipe, ranks.on_machine)
    keep_freed_memory()
    alone = only_one(run_folder) if ranks.is_first else nullcontext()
    memory = clear_memory_errors("training", smaller(recipe))
    with alone, memory, Interruptible(quiet=quiet) as interrupt:
        before, began = _Before(threads_of(run_folder), ranks_of(run_folder)), time.monotonic()

        def begin() -> tuple[Run, bool]:
            run = begin_run(run_folder, recipe, corpus, parts.pretrained, builder)
            interrupt.kept = kept_so_far(run)
            fitted = with_frames(run, corpus, ranks.device, parts.stop, quiet=quiet)
            return fitted or run, fitted is not None

        run, goes_on = begun_by_first(ranks, begin, run_folder, builder)
        if goes_on:
            spent = time.monotonic() - began
            trainer_on = partial(_build_trainer, run, sequences, interrupt, parts, ranks, spent)
            trainer = _fit(trainer_on, ranks, corpus, needs, before)
            _raise_if_stopped(interrupt, trainer, ranks)
    return run


def fit_frames(corpus_folder: Path, recipe: Recipe, run_folder: Path, *, quiet: bool) -> Run:
    """Begin a run, or continue one, only as far as to learn what its frames need of the music.

    Args:
        corpus_folder: a prepared corpus.
        recipe: of the run.
        run_folder: of the run.
        quiet: show no progress.

    Raises:
        ReverieError: corpus, recipe and run do not fit each other or this machine.
        KeyboardInterrupt: a signal asked to stop.
    """
    corpus, recipe = _opened(corpus_folder, recipe, None, ALONE, quiet=quiet)
    set_threads(recipe)
    keep_freed_memory()
    device = training_device(recipe)
    with only_one(run_folder), Interruptible(quiet=quiet):
        run = begin_run(run_folder, recipe, corpus, None, build_model)
        fitted = with_frames(run, corpus, device, threading.Event(), quiet=quiet)
        assert fitted is not None, "nothing stopped it"
    return fitted


def _opened(
    folder: Path, recipe: Recipe, pretrained: Pretrained | None, ranks: Ranks, *, quiet: bool
) -> tuple[Corpus, Recipe]:
    """Open and check a corpus; return it, and the recipe for its channels."""
    corpus = Corpus.open(folder)
    ranks.require_same("corpus", corpus.content_hash)
    ranks.require_same("recipe", recipe)
    if pretrained is not None:
        pretrained.require_fitting(recipe, corpus)
    is_checked = corpus.stored_bytes <= CHECKED_BYTES and not corpus.is_larger_than_cache
    if is_checked and ranks.is_first:
        corpus.check(quiet=quiet)  # or damage would be met when it is first heard, hours later
    return corpus, recipe.for_channels(corpus.channels)


def _share_of(recipe: Recipe, ranks: Ranks) -> Recipe:
    """The recipe of what one rank does in a step.

    Raises:
        ReverieError: a batch has fewer sequences than there are ranks.
    """
    batch_size = recipe.training.batch_size
    if batch_size < ranks.count:
        raise ReverieError(
            f"training.batch_size is {batch_size}, and {ranks.count} processes share each batch.",
            "Raise training.batch_size, or start fewer processes.",
        )
    share = math.ceil(batch_size / ranks.count)
    return replace(recipe, training=replace(recipe.training, batch_size=share))


class _Before(NamedTuple):
    """With how many threads and ranks a run was trained before, the latest last."""

    threads: Sequence[int]
    ranks: Sequence[int]


def _raise_if_stopped(interrupt: Interruptible, trainer: Trainer, ranks: Ranks) -> None:
    """Raise a `KeyboardInterrupt` that says how to go on, if a signal asked any rank to stop."""
    run, state = trainer.run, trainer.state
    if ranks.any(interrupt.wished):
        raise KeyboardInterrupt(
            f"stopped after {done_text(run.recipe.training, state)}; the same command resumes from "
            f"{run.checkpoints / state.name}"
        )


def _fit(
    trainer_on: Callable[[torch.device], Trainer],
    ranks: Ranks,
    corpus: Corpus,
    needs: Needs,
    before: "_Before",
) -> Trainer:
    """Train to the end, on the processor where the device lacks an operation."""
    device = ranks.device
    try:
        trainer = trainer_on(device)
        run = trainer.run
        changes = *threads_notes(run, before.threads), *ranks_notes(run, before.ranks, ranks.count)
        trainer.fit(corpus, needs, [*lost_notes(run), *changes])
    except NotImplementedError as error:
        # A new kind of GPU lacks operations, which shows when they are asked for.
        if device.type == CPU.type or not ranks.is_alone:
            raise
        trainer = trainer_on(CPU)
        trainer.fit(corpus, needs, [fallback_note(device, error)])
    return trainer


def _build_trainer(
    run: Run,
    sequences: tuple[Sequences, Sequences],
    interrupt: Interruptible,
    parts: _Parts,
    ranks: Ranks,
    spent_seconds: float,
    device: torch.device,
) -> Trainer:
    """Build the trainer of a run on a device."""
    representation = run.representation()
    return Trainer(
        run,
        first_model(run, representation, parts.builder).to(device),
        representation.to(device),
        *sequences,
        interrupt,
        preview=parts.preview,
        judging=parts.judging,
        observers=(ProgressObserver(quiet=parts.quiet), TensorBoardLogger(), *parts.observers),
        stop=parts.stop,
        spent_seconds=spent_seconds,
        ranks=ranks,
    )
