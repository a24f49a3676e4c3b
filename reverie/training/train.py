"""A corpus and a recipe to a run: what is opened, checked and built before the first step."""

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch

from reverie.corpus.corpus import Corpus
from reverie.frames.codec import Codec
from reverie.frames.contract import Representation
from reverie.frames.representation import fit_representation
from reverie.models.architectures import ModelBuilder, build_model
from reverie.runs.ending import done_text
from reverie.runs.files import threads_of
from reverie.runs.memory import clear_memory_errors
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.storage import only_one
from reverie.training.allocator import keep_freed_memory
from reverie.training.checkpointer import kept_so_far
from reverie.training.decoder import fit_decoder
from reverie.training.device import CPU, training_device
from reverie.training.interrupt import Interruptible
from reverie.training.judging import Judge
from reverie.training.observers import Observer, ProgressObserver
from reverie.training.preflight import Needs, plan, smaller
from reverie.training.resuming import fallback_note, lost_notes, threads_notes
from reverie.training.sequences import Sequences
from reverie.training.sounding import excerpts
from reverie.training.splits import split_sequences
from reverie.training.step import initial_model
from reverie.training.tensorboard import TensorBoardLogger
from reverie.training.threads import set_threads
from reverie.training.trainer import Preview, Trainer


def train(
    corpus_folder: Path,
    recipe: Recipe,
    run_folder: Path,
    *,
    builder: ModelBuilder = build_model,
    preview: Preview | None = None,
    judge: Judge | None = None,
    observers: Sequence[Observer] = (),
    stop: threading.Event | None = None,
    quiet: bool = False,
) -> Run:
    """Train a model, or resume a run that was stopped.

    Args:
        corpus_folder: a prepared corpus.
        recipe: everything else that decides the result.
        run_folder: of the run; one of the same corpus and recipe is continued, to the same bytes.
        builder: builds the model, where that is not one of Reverie's architectures.
        preview: makes the audio that observers are shown, if the recipe asks for previews.
        judge: judges clips on the way, if the recipe asks for it.
        observers: watch the training, besides the progress on the terminal and TensorBoard's log.
        stop: once any thread sets it, the step is finished, and a checkpoint written.
        quiet: show no progress.

    Raises:
        ReverieError: corpus, recipe and run do not fit each other or this machine.
        KeyboardInterrupt: a signal asked to stop; a checkpoint was written first.
    """
    corpus = Corpus.open(corpus_folder)
    corpus.check(quiet=quiet)  # or damage would be met when it is first heard, hours later
    sequences, device = split_sequences(corpus, recipe), training_device(recipe)
    needs = plan(recipe, run_folder, builder)
    set_threads(recipe)
    keep_freed_memory()
    memory = clear_memory_errors("training", smaller(recipe))
    with only_one(run_folder), memory, Interruptible(quiet=quiet) as interrupt:
        threads = threads_of(run_folder) if Run.exists(run_folder) else ()
        run = Run.create(run_folder, recipe, corpus, builder)
        interrupt.kept = kept_so_far(run)
        stop, began = stop or threading.Event(), time.monotonic()
        if not run.statistics.exists():
            if (fitted := _fit_frames(corpus, recipe, device, stop, quiet=quiet)) is None:
                return run
            run = run.keep_frames(fitted)
        trainer_on = partial(
            _build_trainer,
            run,
            sequences,
            interrupt,
            builder=builder,
            preview=preview,
            judge=judge,
            observers=(ProgressObserver(quiet=quiet), TensorBoardLogger(), *observers),
            stop=stop,
            spent_seconds=time.monotonic() - began,
        )
        trainer = _fit(trainer_on, device, corpus, needs, threads)
        _raise_if_stopped(interrupt, trainer)
    return run


def _raise_if_stopped(interrupt: Interruptible, trainer: Trainer) -> None:
    """Raise a `KeyboardInterrupt` that says how to go on, if a signal asked to stop."""
    run, state = trainer.run, trainer.state
    if interrupt.wished:
        raise KeyboardInterrupt(
            f"stopped after {done_text(run.recipe.training, state)}; the same command resumes from "
            f"{run.checkpoints / state.name}"
        )


def _fit_frames(
    corpus: Corpus, recipe: Recipe, device: torch.device, stop: threading.Event, *, quiet: bool
) -> Representation | None:
    """Learn what the recipe's frames need of the training split; None if it was stopped."""
    music = excerpts(corpus, corpus.of_split("train"), recipe.training.trim_silence_db)
    fitted = fit_representation(recipe.frames, corpus.rate_hz, music)
    if isinstance(fitted, Codec) and fitted.decoder:
        return fit_decoder(fitted, corpus, recipe, device, stop, quiet=quiet)
    return fitted


def _fit(
    trainer_on: Callable[[torch.device], Trainer],
    device: torch.device,
    corpus: Corpus,
    needs: Needs,
    threads: Sequence[int],
) -> Trainer:
    """Train to the end, on the processor where the device lacks an operation."""
    try:
        trainer = trainer_on(device)
        run = trainer.run
        trainer.fit(corpus, needs, [*lost_notes(run), *threads_notes(run, threads)])
    except NotImplementedError as error:
        # A new kind of GPU lacks operations, which shows when they are asked for.
        if device.type == CPU.type:
            raise
        trainer = trainer_on(CPU)
        trainer.fit(corpus, needs, [fallback_note(device, error)])
    return trainer


def _build_trainer(
    run: Run,
    sequences: tuple[Sequences, Sequences],
    interrupt: Interruptible,
    device: torch.device,
    *,
    builder: ModelBuilder,
    preview: Preview | None,
    judge: Judge | None,
    observers: Sequence[Observer],
    stop: threading.Event,
    spent_seconds: float,
) -> Trainer:
    """Build the trainer of a run on a device."""
    representation = run.representation()
    return Trainer(
        run,
        initial_model(run.recipe, representation, builder).to(device),
        representation.to(device),
        *sequences,
        interrupt,
        preview=preview,
        judge=judge,
        observers=observers,
        stop=stop,
        spent_seconds=spent_seconds,
    )
