"""The place in a training, and what was best so far."""

import dataclasses
import math
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from reverie.records import RECORD
from reverie.runs.judgement import Judgement

Count = Annotated[int, Field(ge=0, le=1 << 53)]
EQUALLY_NEAR = 2.0
"""Distances of clips that differ by no more do not say which model is nearer to music."""


@dataclass(frozen=True, config=RECORD)
class Progress:
    """The place in training that a checkpoint holds."""

    epoch: Count = 0
    """Epochs done."""
    step: Count = 0
    """Steps done of the next epoch."""
    loss_sum: float = 0.0
    """Of the training loss over those steps, times their sequences."""
    loss_count: Count = 0
    """Sequences of those steps."""
    seconds: Annotated[float, Field(ge=0)] = 0.0
    """Time spent training so far."""
    best_saved_epoch: Count = 0
    """The checkpointed epoch with the lowest held-out loss; 0 for none yet."""
    best_saved_loss: float | None = None
    """Its held-out loss."""
    best_measured_epoch: Count = 0
    """The epoch with the lowest held-out loss of all measured, kept or not."""
    best_measured_loss: float | None = None
    """Its held-out loss."""
    judged_epoch: Count = 0
    """The latest epoch whose clips were judged; 0 for none yet."""
    judged_seconds: Annotated[float, Field(ge=0)] = 0.0
    """Time spent judging clips so far."""
    nearest_judged_epoch: Count = 0
    """The epoch whose clips had the least distance from held-out music."""
    nearest_judged_distance: float | None = None
    """That distance."""
    best_judged_epoch: Count = 0
    """The latest epoch whose clips were as near as those, as far as can be told; its checkpoint is
    kept."""
    best_judged_distance: float | None = None
    """Their distance from held-out music."""
    best_judged_copies: bool = False
    """Whether they copy more than music does; then those of every judged epoch do."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        best = max(
            self.best_saved_epoch,
            self.best_measured_epoch,
            self.nearest_judged_epoch,
            self.best_judged_epoch,
        )
        if max(best, self.judged_epoch) > self.epoch:
            raise ValueError(f"Its best epoch comes after epoch {self.epoch}")
        if self.loss_count < self.step or (self.loss_count and not self.step):
            raise ValueError(f"{self.step} steps cannot have had {self.loss_count} sequences")
        return self

    @property
    def name(self) -> str:
        """The name of its checkpoint."""
        return f"epoch-{self.epoch:05d}" + (f"-step-{self.step:05d}" if self.step else "")

    def measured(self, loss: float) -> Self:
        """The same after held-out music was measured."""
        if not _is_lower(loss, self.best_measured_loss):
            return self
        return dataclasses.replace(self, best_measured_epoch=self.epoch, best_measured_loss=loss)

    def saved(self, loss: float) -> Self:
        """The same when it is checkpointed with a held-out loss."""
        if not _is_lower(loss, self.best_saved_loss):
            return self
        return dataclasses.replace(self, best_saved_epoch=self.epoch, best_saved_loss=loss)

    def judged(self, judgement: Judgement) -> Self:
        """The same after clips were judged.

        The nearest to music is best of those that copy no more than music does, or of all where
        all copy more. Of those that are equally near the latest is, which learnt the longest.
        """
        after = dataclasses.replace(
            self,
            judged_epoch=self.epoch,
            judged_seconds=self.judged_seconds + judgement.seconds,
        )
        copies, nearest = judgement.copies_more, self.nearest_judged_distance
        if nearest is None or copies < self.best_judged_copies:
            nearest = math.inf
        elif copies > self.best_judged_copies:
            return after
        if judgement.distance > nearest + EQUALLY_NEAR:
            return after
        if judgement.distance < nearest:
            after = dataclasses.replace(
                after,
                nearest_judged_epoch=self.epoch,
                nearest_judged_distance=judgement.distance,
            )
        return dataclasses.replace(
            after,
            best_judged_epoch=self.epoch,
            best_judged_distance=judgement.distance,
            best_judged_copies=copies,
        )


def _is_lower(loss: float, than: float | None) -> bool:
    return than is None or loss < than
