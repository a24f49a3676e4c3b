"""Training, in the order in which it happens.

Letters: B batch, S samples, T steps, K frames that one step sees, D width of a frame.
"""

import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from reverie.corpus.corpus import Corpus
from reverie.corpus.inspection import enough
from reverie.errors import ReverieError
from reverie.frames.contract import Representation
from reverie.frames.representation import fit_representation
from reverie.models.architectures import build_model
from reverie.models.contract import FrameModel
from reverie.progress import Work
from reverie.storage import only_one
from reverie.training.allocator import keep_freed_memory
from reverie.training.board import Board
from reverie.training.checkpoint import Progress
from reverie.training.device import CPU, training_device
from reverie.training.interrupt import Interruptible
from reverie.training.keeping import Keeper, kept_so_far
from reverie.training.memory import clear_memory_errors
from reverie.training.metrics import append_metrics, rewind_metrics
from reverie.training.optimiser import RmsProp, build_optimiser, set_learning_rate
from reverie.training.preflight import describe, plan, seconds_per_step, smaller
from reverie.training.run import Run
from reverie.training.sequences import Sequences, excerpts, shortness, split_sequences
from reverie.training.settings import Recipe

Preview = Callable[[FrameModel, Representation, Run], Tensor]
"""Makes samples [S] that show what the model does now."""


def train(
    corpus_folder: Path,
    recipe: Recipe,
    run_folder: Path,
    *,
    preview: Preview | None = None,
    quiet: bool = False,
) -> Run:
    """Train a model, or go on with a run that was stopped.

    Args:
        corpus_folder: a prepared corpus.
        recipe: everything else that decides the result.
        run_folder: where the run is kept; if it holds a run of the same corpus and recipe, that
            one is continued, to the same bytes as if it had never stopped.
        preview: makes the audio that TensorBoard shows, if the recipe asks for previews.
        quiet: show no progress.

    Raises:
        ReverieError: corpus, recipe and run do not fit each other or this machine.
        KeyboardInterrupt: asked to stop; a checkpoint was written first.
    """
    training = recipe.training
    corpus = Corpus.open(corpus_folder)
    train_set, held_out_set = split_sequences(corpus, recipe)
    device = training_device(recipe)
    needs = plan(recipe, run_folder)
    if training.threads:
        torch.set_num_threads(training.threads)
    keep_freed_memory()
    memory = clear_memory_errors("training", smaller(recipe))
    with only_one(run_folder), memory, Interruptible(quiet=quiet) as interrupt:
        run = Run.create(run_folder, recipe, corpus)
        interrupt.kept = kept_so_far(run)
        if not run.statistics.exists():
            heard_of = excerpts(corpus, corpus.of_split("train"), training.ends_below_db)
            run = run.keep_frames(fit_representation(recipe.frames, corpus.rate_hz, heard_of))
        representation = run.representation()

        # Weights are drawn on the processor, so that they are the same on every device.
        model = build_model(
            recipe.model,
            representation.measures,
            _rng(CPU, training.rng_seed, 0, 0),
            representation.meaning,
        ).to(device)
        representation = representation.to(device)
        optimiser = build_optimiser(model, recipe)
        keeper = Keeper(
            run,
            model,
            optimiser,
            interrupt,
            lambda: measure(model, representation, held_out_set, recipe),
        )
        progress = keeper.resume()
        rewind_metrics(run.metrics, progress.epoch)
        steps = math.ceil(len(train_set) / training.batch_size)
        all_steps, done = training.epochs * steps, progress.epoch * steps + progress.step
        work = Work("training", all_steps, "steps", done=done, quiet=quiet)
        if not _is_done(progress, recipe):
            first = next(train_set.batches(training.batch_size, None)).to(device)
            frames = representation.analyse(first)
            step_seconds = seconds_per_step(model, frames, _rng(device, 0, 0, 0))
            left = training.epochs - progress.epoch
            told = describe(needs, recipe, steps, step_seconds, left).splitlines()
            for line in (*told, *_notes(corpus, train_set, held_out_set)):
                work.say(line)
        if progress.epoch or progress.step:
            work.say(f"going on from {progress.name}")
        with work, Board(run.folder / "tensorboard", progress.epoch, corpus.rate_hz) as board:
            began = time.monotonic() - progress.seconds
            saved = time.monotonic()
            interrupt.wait()
            while not _is_done(progress, recipe):
                order = np.random.default_rng([training.rng_seed, 1, progress.epoch])
                batches = train_set.masked_batches(training.batch_size, order, skip=progress.step)
                for samples, heard in batches:
                    # Every step has a random stream of its own, so a resumed run needs no memory
                    # of how far an earlier one had drawn.
                    rng = _rng(device, training.rng_seed, progress.epoch + 1, progress.step)
                    share = _share(progress, recipe, steps)
                    set_learning_rate(optimiser, recipe, share, work.done)
                    frames = representation.analyse(samples.to(device))
                    mask = None if heard is None else heard.to(device)
                    loss = train_step(model, optimiser, frames, rng, recipe, mask)
                    _check_finite(loss, run)
                    progress = dataclasses.replace(
                        progress,
                        step=progress.step + 1,
                        loss_sum=progress.loss_sum + loss * len(samples),
                        loss_count=progress.loss_count + len(samples),
                        seconds=time.monotonic() - began,
                    )
                    share = _share(progress, recipe, steps)
                    work.expect(min(all_steps, math.ceil((work.done + 1) / share)))
                    work.advance(note=f"epoch {progress.epoch + 1}, loss {loss:.4f}")
                    if progress.step == steps:
                        break
                    due = time.monotonic() - saved > 60 * training.checkpoint_minutes
                    if interrupt.wished or due:
                        keeper.save(progress)
                        saved = time.monotonic()
                    if interrupt.wished:
                        keeper.stop(progress)

                epoch = progress.epoch + 1
                train_loss = progress.loss_sum / progress.loss_count
                # To the millisecond that the metrics tell, so that whoever reads those finds the
                # very epoch in which the time ran out.
                seconds = round(time.monotonic() - began, 3)
                progress = dataclasses.replace(
                    progress, epoch=epoch, step=0, seconds=seconds, loss_sum=0.0, loss_count=0
                )
                keep = _is_done(progress, recipe) or epoch in training.keep_epochs
                held_out_loss = None
                if keep or epoch % training.held_out_every_epochs == 0:
                    held_out_loss = keeper.measure()
                    _check_finite(held_out_loss, run)
                if held_out_loss is not None and _is_lower(held_out_loss, progress.least_loss):
                    progress = dataclasses.replace(
                        progress, least_epoch=epoch, least_loss=held_out_loss
                    )
                    keep = keep or training.keep_best
                last = _is_done(progress, recipe)
                keep = keep or last
                append_metrics(
                    run.metrics,
                    {
                        "epoch": epoch,
                        "train_loss": train_loss,
                        "held_out_loss": held_out_loss,
                        "seconds": progress.seconds,
                    },
                )
                board.losses(epoch, train_loss, held_out_loss)
                every = training.preview_every_epochs
                if preview and every and (last or epoch % every == 0):
                    with optimiser.averaged():
                        board.preview(epoch, preview(model, representation, run).cpu().numpy())

                due = time.monotonic() - saved > 60 * training.checkpoint_minutes
                if keep or due or interrupt.wished:
                    if held_out_loss is not None and _is_lower(held_out_loss, progress.best_loss):
                        progress = dataclasses.replace(
                            progress, best_epoch=epoch, best_loss=held_out_loss
                        )
                    keeper.save(progress)
                    saved = time.monotonic()
                if interrupt.wished:
                    keeper.stop(progress)
    return run


def train_step(
    model: FrameModel,
    optimiser: RmsProp,
    frames: Tensor,
    rng: torch.Generator,
    recipe: Recipe,
    heard: Tensor | None = None,
) -> float:
    """One step on sequences `frames` [B, T + K, D], where `heard` [B, T]. Gives the loss."""
    loss = model.loss(frames, rng, heard)
    optimiser.zero_grad()
    torch.autograd.backward([loss])
    if recipe.training.gradient_clip:
        clip_grad_norm_(model.parameters(), recipe.training.gradient_clip)
    optimiser.step()
    return loss.item()


@torch.inference_mode()
def measure(
    model: FrameModel, representation: Representation, sequences: Sequences, recipe: Recipe
) -> float:
    """The mean loss over `sequences`, with no dropout; the head keeps what sampling needs."""

    def pairs() -> Iterator[tuple[Tensor, Tensor]]:
        for samples, heard in sequences.masked_batches(recipe.training.batch_size, None):
            frames = representation.analyse(samples.to(model.device))
            output, wanted = model(frames[:, :-1]), frames[:, model.step_frames :]
            if heard is None:
                yield output, wanted
                continue
            counts = [int(count) for count in heard.sum(1)]
            for length in sorted(set(counts), reverse=True):
                rows = [row for row, count in enumerate(counts) if count == length]
                yield output[rows, :length], wanted[rows, :length]

    return model.head.measure(pairs())


def _notes(corpus: Corpus, train_set: Sequences, held_out_set: Sequences) -> Iterator[str]:
    """What is worth knowing before training on a corpus."""
    found = enough(corpus)
    if found.tone != "good":
        yield found.text
    for kind, sequences in (("training", train_set), ("held-out", held_out_set)):
        if said := shortness(sequences, kind):
            yield said


def _is_done(progress: Progress, recipe: Recipe) -> bool:
    """Whether all epochs are over, or the time or the patience is and an epoch has just ended."""
    training = recipe.training
    if progress.step == 0 and training.minutes and progress.seconds >= 60 * training.minutes:
        return True
    waited = progress.epoch - progress.least_epoch
    if progress.step == 0 and training.patience_epochs and waited >= training.patience_epochs:
        return True
    return progress.epoch >= training.epochs


def _share(progress: Progress, recipe: Recipe, steps: int) -> float:
    """How much of the training is done, by epochs or by time, whichever is further: 0 to 1."""
    training = recipe.training
    done = (progress.epoch + progress.step / steps) / training.epochs
    if training.minutes:
        done = max(done, progress.seconds / (60 * training.minutes))
    return min(1.0, done)


def _is_lower(loss: float, than: float | None) -> bool:
    return than is None or loss < than


def _check_finite(loss: float, run: Run) -> None:
    if not math.isfinite(loss):
        raise ReverieError(
            f"the loss is no longer a number; {run.checkpoints} holds the last good checkpoint.",
            "Lower training.learning_rate or set training.gradient_clip, and train a new run.",
        )


def _rng(device: torch.device, *key: int) -> torch.Generator:
    seed = np.random.SeedSequence([part % (1 << 64) for part in key]).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(seed[0]))
