"""Training, in the order in which it happens.

Letters: B batch, S samples, T steps.
"""

import dataclasses
import math
import threading
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from torch import Tensor

from reverie.corpus.corpus import Corpus
from reverie.frames.contract import Representation
from reverie.models.contract import FrameModel
from reverie.models.trained import TrainedModel
from reverie.runs.ending import Limit, why_ended
from reverie.runs.judgement import Judgement
from reverie.runs.progress import Progress
from reverie.runs.run import Run
from reverie.training.agreement import Agreed, Agreement
from reverie.training.checkpointer import Checkpointer
from reverie.training.estimate import corpus_notes, forecast, time_steps
from reverie.training.gradients import Gradients, gradients_of
from reverie.training.interrupt import Interruptible
from reverie.training.judging import Judging
from reverie.training.observers import Epoch, Observer, Start, Step
from reverie.training.optimiser import build_optimiser, set_learning_rate
from reverie.training.pace import Pace, Trial, share_done
from reverie.training.parallel import DataParallel
from reverie.training.preflight import Needs
from reverie.training.ranks import ALONE, Ranks
from reverie.training.reading import read_ahead
from reverie.training.reporting import Reporter
from reverie.training.sequences import Batch, Sequences
from reverie.training.step import check_finite, measure, random_generator, train_step

Preview = Callable[[TrainedModel, Run], Tensor]
"""Makes samples, [S] or [2, S], that show what the model does now."""

Ending = Limit | Literal["stopped"]
"""Why a training ended: one of its limits, or it was asked to stop."""


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
        judging: judges clips on the way; None judges none.
        observers: receive the events of training, in their order.
        stop: any thread may set it.
        spent_seconds: on what was fitted before the first step; they count as training.
        ranks: which train together; each takes a share of every batch, and one writes.

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
        judging: Judging | None = None,
        observers: Sequence[Observer] = (),
        stop: threading.Event | None = None,
        spent_seconds: float = 0.0,
        ranks: Ranks = ALONE,
    ) -> None:
        self.run, self.model, self.representation = run, model, representation
        self._recipe, self._train_set, self._held_out_set = run.recipe, train_set, held_out_set
        self._preview, self._ranks = preview, ranks
        self._agreement = Agreement(
            ranks, interrupt, stop or threading.Event(), run.recipe.training.checkpoint_minutes
        )
        self._reporter = Reporter(run, observers, ranks)
        self._judging = judging or Judging(run.recipe.training, None)
        self._optimiser = build_optimiser(model, run.recipe)
        self._checkpointer = Checkpointer(
            run,
            model,
            self._optimiser,
            interrupt,
            lambda: measure(model, representation, held_out_set, run.recipe, ranks),
            ranks,
        )
        resumed = self._checkpointer.resume() or Progress(seconds=spent_seconds)
        ranks.require_same("checkpoint", resumed.name)
        self.state = ranks.from_first(lambda: resumed)
        self._parallel = None if ranks.is_alone else DataParallel(model, ranks, train_set)
        self._gradients: Gradients = self._parallel or gradients_of(model)
        self._steps = math.ceil(len(train_set) / run.recipe.training.batch_size)
        self._stopped = False
        self._pace = self._make_pace(Trial(0.0, 0.0))

    def fit(self, corpus: Corpus, needs: Needs, notes: Sequence[str] = ()) -> Ending:
        """Train to the end.

        Args:
            corpus: which the sequences are of.
            needs: what the training takes, for its first words.
            notes: more of these, a line each.

        Raises:
            ReverieError: the loss is no longer a number, or the disk refuses.
            KeyboardInterrupt: a second Ctrl-C did not wait for the checkpoint.
        """
        start = self._start(corpus, needs, notes)
        try:
            self._reporter.start(start)
            self._pace.begin()
            self._agreement.begin(self.state.seconds)
            while (ending := self.ending()) is None:
                if self._train_steps():
                    self._finish_epoch()
        finally:
            self._reporter.end()
        return ending

    def ending(self) -> Ending | None:
        """Why the training is over; None while it is not."""
        limit = why_ended(self._recipe.training, self.state)
        return limit or ("stopped" if self._stopped else None)

    def _start(self, corpus: Corpus, needs: Needs, notes: Sequence[str]) -> Start:
        """The first words, for which a few steps are timed if any are to come."""
        state, recipe, training = self.state, self._recipe, self._recipe.training
        said: list[str] = []
        if self.ending() is None:
            sets = self._train_set, self._held_out_set
            share = self._ranks.share
            trial = time_steps(self.model, self.representation, *sets, recipe, share)
            self._pace = self._make_pace(trial)
            said += forecast(needs, recipe, self._steps, self._pace, state).lines
            said += corpus_notes(corpus, *sets)
            if self._parallel is not None:
                self._parallel.prepare(self.representation, training.batch_size)
        if training.judge_every_epochs and not self._judging.is_on:
            said.append("Its clips are not judged on the way: too little music is held out.")
        if state.epoch or state.step:
            said.append(f"going on from {state.name}")
        return Start(
            folder=self.run.folder,
            epoch=state.epoch,
            steps=self._steps_done,
            total_steps=None if training.is_endless else training.epochs * self._steps,
            rate_hz=corpus.rate_hz,
            notes=(*said, *notes),
        )

    def _make_pace(self, trial: Trial) -> Pace:
        previews, judgements = self._preview is not None, self._judging.times_left
        training, steps = self._recipe.training, self._steps
        return Pace(training, steps, trial, previews=previews, judgements=judgements)

    def _train_steps(self) -> bool:
        """Take the remaining steps of an epoch; return whether it ran to its end."""
        training = self._recipe.training
        order = np.random.default_rng([training.seed, 1, self.state.epoch])
        read = self._train_set.batches(
            training.batch_size, order, skip=self.state.step, share=self._ranks.share
        )
        with read_ahead(read, self.model.device) as batches:
            for batch in batches:
                agreed = self._train_step(batch)
                if self.state.step == self._steps:
                    break
                if self._ranks.is_alone:
                    agreed = self._agreement.reach()  # observers may have asked it since
                if agreed.to_stop or agreed.to_save:
                    agreed = self._save()
                if agreed.to_stop:
                    self._stopped = True
                    return False
        return True

    def _train_step(self, batch: Batch) -> Agreed:
        """Take one step, and tell it."""
        state, device, rank = self.state, self.model.device, self._ranks.rank
        # Every step has a random stream of its own, so a resumed run needs no memory of how far
        # an earlier one had drawn; and every rank has, for its sequences are others.
        place = state.epoch + 1, state.step, *([rank] if rank else [])
        rng = random_generator(device, self._recipe.training.seed, *place)
        set_learning_rate(self._optimiser, self._recipe, self._share_done, self._steps_done)
        frames = self.representation.analyse(batch.samples)
        if self._parallel is not None:
            self._parallel.weigh(batch)
        learnt = frames, rng, self._recipe, batch.mask, batch.beat, self._gradients
        agreed = self._agreement.reach(train_step(self.model, self._optimiser, *learnt))
        check_finite(loss := agreed.loss, self.run)
        self.state = dataclasses.replace(
            state,
            step=state.step + 1,
            loss_sum=state.loss_sum + loss * batch.total,
            loss_count=state.loss_count + batch.total,
            seconds=agreed.seconds,
        )
        self._pace.lap("step")
        done = Step(
            state.epoch + 1,
            self._steps_done,
            loss,
            self.state.seconds,
            self._share_done,
            self._pace.remaining(self.state),
        )
        self._reporter.step(done)
        return agreed

    def _finish_epoch(self) -> None:
        """Measure, tell, preview, and keep what is to be kept, after an epoch's last step."""
        training, before = self._recipe.training, self.state
        # To the millisecond, as in the metrics, from which the epoch is told in which time ran out.
        self.state = dataclasses.replace(
            before,
            epoch=before.epoch + 1,
            step=0,
            seconds=round(self._agreement.reach().seconds, 3),
            loss_sum=0.0,
            loss_count=0,
        )
        epoch, last, judgement = self.state.epoch, self.ending() is not None, None
        keep = last or epoch in training.kept_epochs
        is_judged = self._ranks.from_first(
            lambda: self._judging.is_due(self.state, self._share_done, last=last)
        )
        held_out_loss = None
        if keep or is_judged or epoch % training.held_out_every_epochs == 0:
            held_out_loss = self._measure()
            keep = keep or (training.keep_best and self.state.best_measured_epoch == epoch)
        if is_judged:
            judgement = self._judge()
            keep = keep or self.state.best_judged_epoch == epoch
        last = self.ending() is not None
        train_loss = before.loss_sum / before.loss_count
        self._reporter.epoch(Epoch(epoch, train_loss, held_out_loss, self.state.seconds), judgement)
        self._pace.lap("other")
        every = training.preview_every_epochs
        if self._preview and every and (last or epoch % every == 0) and self._ranks.is_first:
            self._show_preview(self._preview)
        agreed = self._agreement.reach()
        if keep or last or agreed.to_stop or agreed.to_save:
            if held_out_loss is not None:
                self.state = self.state.saved(held_out_loss)
            agreed = self._save()
        self._stopped = agreed.to_stop

    def _measure(self) -> float:
        """The held-out loss after an epoch, noted where it is the lowest so far."""
        self._pace.lap("other")
        loss = self._checkpointer.measure()
        check_finite(loss, self.run)
        self.state = self.state.measured(loss)
        self._pace.lap("held-out")
        return loss

    def _judge(self) -> Judgement:
        """The judgement on clips after an epoch, noted where they are the best so far."""
        with self._checkpointer.trained(self.representation) as trained:
            judgement = self._ranks.from_first(lambda: self._judging.judge(trained, self.run))
        self.state = self.state.judged(judgement)
        self._pace.lap("judging")
        return judgement

    def _show_preview(self, preview: Preview) -> None:
        with self._checkpointer.trained(self.representation) as trained:
            made = preview(trained, self.run).cpu().numpy()
        self._reporter.preview(self.state.epoch, made)
        self._pace.lap("preview")

    def _save(self) -> Agreed:
        """Write a checkpoint; return what the ranks agree on after it."""
        checkpoint = self._checkpointer.save(self.state)
        self._agreement.saved()
        self._reporter.checkpoint(checkpoint)
        self._pace.lap("other")
        return self._agreement.reach()

    @property
    def _share_done(self) -> float:
        return share_done(self._recipe.training, self.state, self._steps)

    @property
    def _steps_done(self) -> int:
        return self.state.epoch * self._steps + self.state.step
