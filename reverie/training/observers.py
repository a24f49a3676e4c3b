"""Observers of training, which receive each step, epoch, preview and checkpoint.

An observer changes nothing of what is trained. What it raises ends the training.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.progress import ProgressBar
from reverie.runs.judgement import Judgement
from reverie.terminal import paragraph


@dataclass(frozen=True)
class Start:
    """Where a training begins, or goes on."""

    folder: Path
    """Of the run."""
    epoch: int
    """Epochs done before."""
    steps: int
    """Steps done before."""
    total_steps: int | None
    """Steps of all epochs that the recipe asks for; None where these set no limit."""
    rate_hz: int
    """Of its previews."""
    notes: tuple[str, ...]
    """Notes before training, a line each: its cost, and what the corpus lacks."""


@dataclass(frozen=True)
class Step:
    """One step."""

    epoch: int
    """Which epoch it belongs to, from 1 on."""
    steps: int
    """Steps done since the run began."""
    loss: float
    """Of its sequences."""
    seconds: float
    """Spent training since the run began."""
    share: float
    """How much of the training is done, by epochs or by time, whichever is further: 0 to 1."""
    seconds_left: float = math.inf
    """Until the end, at the pace of late, and at most where patience may end it before; infinite
    where neither epochs nor minutes set an end."""


@dataclass(frozen=True)
class Epoch:
    """One epoch, at its end."""

    epoch: int
    """From 1 on."""
    train_loss: float
    """Mean over its steps, dropout on, without the L2 penalty."""
    held_out_loss: float | None
    """After the epoch, dropout off; None where it was not measured."""
    seconds: float
    """Spent training since the run began."""


class Observer:
    """Watches a training. Each method does nothing unless it is overridden."""

    def on_start(self, start: Start) -> None:
        """Before the first step of this call."""

    def on_step(self, step: Step) -> None:
        """After each step."""

    def on_epoch(self, epoch: Epoch) -> None:
        """After each epoch, once its losses are known."""

    def on_preview(self, epoch: int, samples: NDArray[np.float32], /) -> None:
        """After a preview was made: samples [S], or [2, S] of a stereo model."""

    def on_judgement(self, epoch: int, judgement: Judgement, /) -> None:
        """After clips of an epoch were judged."""

    def on_checkpoint(self, checkpoint: Path) -> None:
        """After a checkpoint was written."""

    def on_end(self) -> None:
        """After the last step, also where the training was stopped or failed."""


class Callbacks(Observer):
    """An observer made of functions.

    Args:
        on_step: called after each step.
        on_epoch: called after each epoch.
        on_checkpoint: called with the folder of each checkpoint.
        on_judgement: called with the epoch and the judgement on its clips.
    """

    def __init__(
        self,
        on_step: Callable[[Step], object] | None = None,
        on_epoch: Callable[[Epoch], object] | None = None,
        on_checkpoint: Callable[[Path], object] | None = None,
        on_judgement: Callable[[int, Judgement], object] | None = None,
    ) -> None:
        self._step, self._epoch, self._checkpoint = on_step, on_epoch, on_checkpoint
        self._judgement = on_judgement

    def on_step(self, step: Step) -> None:
        """Call the function for steps."""
        if self._step:
            self._step(step)

    def on_epoch(self, epoch: Epoch) -> None:
        """Call the function for epochs."""
        if self._epoch:
            self._epoch(epoch)

    def on_judgement(self, epoch: int, judgement: Judgement, /) -> None:
        """Call the function for judgements."""
        if self._judgement:
            self._judgement(epoch, judgement)

    def on_checkpoint(self, checkpoint: Path) -> None:
        """Call the function for checkpoints."""
        if self._checkpoint:
            self._checkpoint(checkpoint)


class ProgressObserver(Observer):
    """Shows a training on the terminal: a bar, or a line now and then.

    Args:
        quiet: show nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._work: ProgressBar | None = None
        self._total: int | None = 0

    def on_start(self, start: Start) -> None:
        """Say what the training takes, and draw the bar."""
        self._total = start.total_steps
        self._work = ProgressBar(
            "training", start.total_steps, "steps", done=start.steps, quiet=self._quiet
        )
        for note in start.notes:
            for line in paragraph(note, "  "):
                self._work.say(line)
        self._work.__enter__()

    def on_step(self, step: Step) -> None:
        """Move the bar; where time ends the training, fewer steps are expected."""
        if self._work is None:
            return
        total = None
        if math.isfinite(step.seconds_left):
            by_time = math.ceil(step.steps / step.share)
            total = by_time if self._total is None else min(self._total, by_time)
        self._work.expect(total)
        self._work.advance(
            note=f"epoch {step.epoch}, loss {step.loss:.4f}", left_seconds=step.seconds_left
        )

    def on_end(self) -> None:
        """Remove the bar."""
        if self._work is not None:
            self._work.__exit__(None, None, None)
