"""Training, in the order in which it happens.

Letters: B batch, S samples, T steps.
"""

import dataclasses
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np
from torch import Tensor

from reverie.corpus.corpus import Corpus
from reverie.corpus.inspection import enough
from reverie.errors import ReverieError
from reverie.frames.contract import Representation
from reverie.models.calibration import Calibration
from reverie.models.contract import FrameModel
from reverie.models.trained import TrainedModel
from reverie.runs.listing import why_ended
from reverie.runs.metrics import append_metrics, rewind_metrics
from reverie.runs.run import Run
from reverie.training.checkpointer import Checkpointer
from reverie.training.interrupt import Interruptible
from reverie.training.observers import Epoch, Observer, Start, Step
from reverie.training.optimiser import build_optimiser, set_learning_rate
from reverie.training.preflight import Needs, describe, seconds_per_step
from reverie.training.sequences import Sequences, shortness
from reverie.training.step import measure, random_generator, train_step

Preview = Callable[[TrainedModel, Run], Tensor]
"""Makes samples [S] that show what the model does now."""

Ending = Literal["epochs", "minutes", "patience", "stopped"]
"""Why a training ended: all its epochs are over, its time is, held-out music got no better for as
long as the recipe waits, or it was asked to stop."""


class Trainer:
    """Trains a run from where it is to its end, or until it is asked to stop.

    Args:
        run: whose checkpoints and metrics are written.
        model: on the device to train on.
        representation: of the run's frames, there too.
        train_set: sequences to learn from.
        held_out_set: sequences to measure by.
        interrupt: notes signals, and learns which checkpoint is kept.
        preview: makes the audio that observers are shown.
        observers: receive the events of training, in their order.
        stop: any thread may set it.

    Attributes:
        state: the place in training; all that a checkpoint holds besides weights and optimiser.
    """

    def __init__(
        self,
        run: Run,
        model: FrameModel,
        representation: Representation,
        train_set: Sequences,
        held_out_set: Sequences,
        interrupt: Interruptible,
        *,
        preview: Preview | None = None,
        observers: Sequence[Observer] = (),
        stop: threading.Event | None = None,
    ) -> None:
        self.run, self.model, self.representation = run, model, representation
        self._recipe, self._train_set, self._held_out_set = run.recipe, train_set, held_out_set
        self._interrupt, self._stop = interrupt, stop or threading.Event()
        self._preview, self._observers = preview, observers
        self._optimiser = build_optimiser(model, run.recipe)
        self._checkpointer = Checkpointer(
            run,
            model,
            self._optimiser,
            interrupt,
            lambda: measure(model, representation, held_out_set, run.recipe),
        )
        self.state = self._checkpointer.resume()
        self._steps = math.ceil(len(train_set) / run.recipe.training.batch_size)
        self._stopped = False
        self._began = self._saved = 0.0

    def fit(self, corpus: Corpus, needs: Needs) -> Ending:
        """Train to the end.

        Args:
            corpus: which the sequences are of.
            needs: what the training takes, for its first words.

        Raises:
            ReverieError: the loss is no longer a number, or the disk refuses.
            KeyboardInterrupt: a second Ctrl-C did not wait for the checkpoint.
        """
        rewind_metrics(self.run.metrics, self.state.epoch)
        try:
            for observer in self._observers:
                observer.on_start(self._start(corpus, needs))
            self._began = time.monotonic() - self.state.seconds
            self._saved = time.monotonic()
            self._interrupt.wait()
            while (ending := self.ending()) is None:
                if self._train_steps():
                    self._finish_epoch()
        finally:
            for observer in self._observers:
                observer.on_end()
        return ending

    def ending(self) -> Ending | None:
        """Why the training is over; None while it is not."""
        limit = why_ended(self._recipe.training, self.state)
        return limit or ("stopped" if self._stopped else None)

    def _start(self, corpus: Corpus, needs: Needs) -> Start:
        """The first words, for which a few steps are timed if any are to come."""
        state, recipe, device = self.state, self._recipe, self.model.device
        notes: list[str] = []
        if self.ending() is None:
            first = next(self._train_set.batches(recipe.training.batch_size, None)).to(device)
            frames = self.representation.analyse(first)
            seconds = seconds_per_step(self.model, frames, random_generator(device, 0, 0, 0))
            left = recipe.training.epochs - state.epoch
            notes += describe(needs, recipe, self._steps, seconds, left).splitlines()
            notes += _notes(corpus, self._train_set, self._held_out_set)
        if state.epoch or state.step:
            notes.append(f"going on from {state.name}")
        return Start(
            folder=self.run.folder,
            epoch=state.epoch,
            steps=self._steps_done,
            total_steps=recipe.training.epochs * self._steps,
            rate_hz=corpus.rate_hz,
            notes=tuple(notes),
        )

    def _train_steps(self) -> bool:
        """Take the remaining steps of an epoch; return whether it ran to its end."""
        training = self._recipe.training
        order = np.random.default_rng([training.seed, 1, self.state.epoch])
        batches = self._train_set.masked_batches(training.batch_size, order, skip=self.state.step)
        for samples, mask in batches:
            self._train_step(samples, mask)
            if self.state.step == self._steps:
                break
            if self._is_stopping() or self._is_checkpoint_due():
                self._save()
            if self._is_stopping():
                self._stopped = True
                return False
        return True

    def _train_step(self, samples: Tensor, mask: Tensor | None) -> None:
        """One step on sequences of samples [B, S], where `mask` [B, T] says which steps count."""
        state, device = self.state, self.model.device
        # Every step has a random stream of its own, so a resumed run needs no memory of how far
        # an earlier one had drawn.
        rng = random_generator(device, self._recipe.training.seed, state.epoch + 1, state.step)
        set_learning_rate(self._optimiser, self._recipe, self._share(), self._steps_done)
        frames = self.representation.analyse(samples.to(device))
        mask = None if mask is None else mask.to(device)
        loss = train_step(self.model, self._optimiser, frames, rng, self._recipe, mask)
        self._check_finite(loss)
        self.state = dataclasses.replace(
            state,
            step=state.step + 1,
            loss_sum=state.loss_sum + loss * len(samples),
            loss_count=state.loss_count + len(samples),
            seconds=time.monotonic() - self._began,
        )
        done = Step(state.epoch + 1, self._steps_done, loss, self.state.seconds, self._share())
        for observer in self._observers:
            observer.on_step(done)

    def _finish_epoch(self) -> None:
        """Measure, tell, preview, and keep what is to be kept, after an epoch's last step."""
        training, state = self._recipe.training, self.state
        # To the millisecond that the metrics tell, so that whoever reads those finds the very
        # epoch in which the time ran out.
        self.state = dataclasses.replace(
            state,
            epoch=state.epoch + 1,
            step=0,
            seconds=round(time.monotonic() - self._began, 3),
            loss_sum=0.0,
            loss_count=0,
        )
        epoch = self.state.epoch
        keep = self.ending() is not None or epoch in training.keep_epochs
        held_out_loss = None
        if keep or epoch % training.held_out_every_epochs == 0:
            held_out_loss = self._checkpointer.measure()
            self._check_finite(held_out_loss)
        if held_out_loss is not None and _is_lower(held_out_loss, self.state.best_measured_loss):
            self.state = dataclasses.replace(
                self.state, best_measured_epoch=epoch, best_measured_loss=held_out_loss
            )
            keep = keep or training.keep_best
        last = self.ending() is not None
        ended = Epoch(epoch, state.loss_sum / state.loss_count, held_out_loss, self.state.seconds)
        append_metrics(
            self.run.metrics,
            {
                "epoch": epoch,
                "train_loss": ended.train_loss,
                "held_out_loss": held_out_loss,
                "seconds": ended.seconds,
            },
        )
        for observer in self._observers:
            observer.on_epoch(ended)
        every = training.preview_every_epochs
        if self._preview and every and (last or epoch % every == 0):
            with self._optimiser.averaged():
                calibration = self._checkpointer.calibration or Calibration()
                trained = TrainedModel(self.model, self.representation, calibration)
                made = self._preview(trained, self.run).cpu().numpy()
            for observer in self._observers:
                observer.on_preview(epoch, made)
        if keep or last or self._is_stopping() or self._is_checkpoint_due():
            if held_out_loss is not None and _is_lower(held_out_loss, self.state.best_saved_loss):
                self.state = dataclasses.replace(
                    self.state, best_saved_epoch=epoch, best_saved_loss=held_out_loss
                )
            self._save()
        self._stopped = self._is_stopping()

    def _save(self) -> None:
        checkpoint = self._checkpointer.save(self.state)
        self._saved = time.monotonic()
        for observer in self._observers:
            observer.on_checkpoint(checkpoint)

    @property
    def _steps_done(self) -> int:
        return self.state.epoch * self._steps + self.state.step

    def _is_stopping(self) -> bool:
        return self._interrupt.wished or self._stop.is_set()

    def _is_checkpoint_due(self) -> bool:
        return time.monotonic() - self._saved > 60 * self._recipe.training.checkpoint_minutes

    def _share(self) -> float:
        """How much of the training is done, by epochs or by time, whichever is further: 0 to 1."""
        training = self._recipe.training
        done = (self.state.epoch + self.state.step / self._steps) / training.epochs
        if training.minutes:
            done = max(done, self.state.seconds / (60 * training.minutes))
        return min(1.0, done)

    def _check_finite(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise ReverieError(
                f"the loss is no longer a number; {self.run.checkpoints} holds the last good "
                "checkpoint.",
                "Lower training.learning_rate or set training.gradient_clip, and train a new run.",
            )


def _notes(corpus: Corpus, train_set: Sequences, held_out_set: Sequences) -> Iterator[str]:
    """Return notes on a corpus that a person should read before training."""
    found = enough(corpus)
    if found.tone != "good":
        yield found.text
    for kind, sequences in (("training", train_set), ("held-out", held_out_set)):
        if said := shortness(sequences, kind):
            yield said


def _is_lower(loss: float, than: float | None) -> bool:
    return than is None or loss < than
