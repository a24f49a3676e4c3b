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
from reverie.frames.full_band.codec import FullBandCodec
from reverie.frames.representation import fit_representation
from reverie.models.architectures import ModelBuilder, build_model
from reverie.runs.continuing import require_free
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
from reverie.training.excerpts import music_to_fit
from reverie.training.interrupt import Interruptible
from reverie.training.judging import Judge, Judging
from reverie.training.observers import Observer, ProgressObserver
from reverie.training.preflight import Needs, plan, smaller
from reverie.training.pretrained import Pretrained, first_model
from reverie.training.resuming import fallback_note, lost_notes, threads_notes
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
    corpus, recipe = _opened(corpus_folder, recipe, pretrained, quiet=quiet)
    sequences, device = split_sequences(corpus, recipe), training_device(recipe)
    needs = plan(recipe, corpus.rate_hz, run_folder, builder)
    memory = clear_memory_errors("training", smaller(recipe))
    with only_one(run_folder), memory, Interruptible(quiet=quiet) as interrupt:
        threads = threads_of(run_folder) if Run.exists(run_folder) else ()
        run = _begun(run_folder, recipe, corpus, pretrained, builder)
        interrupt.kept = kept_so_far(run)
        stop, began = stop or threading.Event(), time.monotonic()
        if run.parent is None and not run.statistics.exists():
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
            judging=Judging(recipe.training, judge, count=judgements),
            observers=(ProgressObserver(quiet=quiet), TensorBoardLogger(), *observers),
            stop=stop,
            spent_seconds=time.monotonic() - began,
        )
        _raise_if_stopped(interrupt, _fit(trainer_on, device, corpus, needs, threads))
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
    corpus, recipe = _opened(corpus_folder, recipe, None, quiet=quiet)
    device = training_device(recipe)
    with only_one(run_folder), Interruptible(quiet=quiet):
        run = _begun(run_folder, recipe, corpus, None, build_model)
        if not run.statistics.exists():
            fitted = _fit_frames(corpus, recipe, device, threading.Event(), quiet=quiet)
            assert fitted is not None, "nothing stopped it"
            run = run.keep_frames(fitted)
    return run


def _opened(
    folder: Path, recipe: Recipe, pretrained: Pretrained | None, *, quiet: bool
) -> tuple[Corpus, Recipe]:
    """Open and check a corpus, and make ready to compute; return it, and its channels' recipe."""
    set_threads(recipe)
    keep_freed_memory()
    corpus = Corpus.open(folder)
    if pretrained is not None:
        pretrained.require_fitting(recipe, corpus)
    if corpus.stored_bytes <= CHECKED_BYTES:
        corpus.check(quiet=quiet)  # or damage would be met when it is first heard, hours later
    return corpus, recipe.for_channels(corpus.channels)


def _begun(
    folder: Path,
    recipe: Recipe,
    corpus: Corpus,
    pretrained: Pretrained | None,
    builder: ModelBuilder,
) -> Run:
    """Begin a run, or continue the one that is there."""
    if pretrained is None:
        return Run.create(folder, recipe, corpus, builder)
    if not Run.exists(folder):
        require_free(folder, begun_from_another=True)
        pretrained.copy_into(folder)
    return Run.create(folder, recipe, corpus, builder, pretrained.parent)


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
    music = music_to_fit(corpus, recipe, quiet=quiet)
    fitted = fit_representation(recipe.frames, corpus.rate_hz, music)
    if isinstance(fitted, FullBandCodec):
        return fit_decoder(fitted, corpus, recipe, device, stop, quiet=quiet)
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
    judging: Judging,
    observers: Sequence[Observer],
    stop: threading.Event,
    spent_seconds: float,
) -> Trainer:
    """Build the trainer of a run on a device."""
    representation = run.representation()
    return Trainer(
        run,
        first_model(run, representation, builder).to(device),
        representation.to(device),
        *sequences,
        interrupt,
        preview=preview,
        judging=judging,
        observers=observers,
        stop=stop,
        spent_seconds=spent_seconds,
    )
