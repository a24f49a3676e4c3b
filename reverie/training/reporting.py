"""What a training writes down and tells while it runs: one rank does, whatever the number."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from reverie.runs.judgement import Judgement
from reverie.runs.metrics import EpochMetrics, append_metrics, judgement_metrics, rewind_metrics
from reverie.runs.run import Run
from reverie.training.observers import Epoch, Observer, Start, Step
from reverie.training.ranks import Ranks


class Reporter:
    """Writes the figures of a run and tells observers; on ranks but the first it does nothing.

    Args:
        run: whose figures.
        observers: receive the events of training, in their order.
        ranks: which train.
    """

    def __init__(self, run: Run, observers: Sequence[Observer], ranks: Ranks) -> None:
        self._run, self._writes = run, ranks.is_first
        self._observers = observers if ranks.is_first else ()

    def start(self, start: Start) -> None:
        """Tell that it begins; figures of later epochs are dropped, to be written again.

        Raises:
            ReverieError: they are damaged, or the disk refuses.
        """
        if self._writes:
            rewind_metrics(self._run.metrics, start.epoch)
        for observer in self._observers:
            observer.on_start(start)

    def step(self, step: Step) -> None:
        """Tell of a step."""
        for observer in self._observers:
            observer.on_step(step)

    def epoch(self, epoch: Epoch, judgement: Judgement | None) -> None:
        """Write the figures of an epoch, and tell them.

        Raises:
            ReverieError: the disk refuses.
        """
        if not self._writes:
            return
        figures = cast(EpochMetrics, dataclasses.asdict(epoch))
        if judgement:
            figures["judged"] = judgement_metrics(judgement)
        append_metrics(self._run.metrics, figures)
        for observer in self._observers:
            observer.on_epoch(epoch)
            if judgement:
                observer.on_judgement(epoch.epoch, judgement)

    def preview(self, epoch: int, samples: NDArray[np.float32]) -> None:
        """Show a preview, samples [S] or [2, S]."""
        for observer in self._observers:
            observer.on_preview(epoch, samples)

    def checkpoint(self, path: Path) -> None:
        """Tell that a checkpoint was written."""
        for observer in self._observers:
            observer.on_checkpoint(path)

    def end(self) -> None:
        """Tell that it is over."""
        for observer in self._observers:
            observer.on_end()
