"""Monitor the health of previews during training, and warn once with a remedy."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reverie.audio.channels import from_public, mixed
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.evaluation.health_reference import health_reference
from reverie.evaluation.measures.health import HealthReference, Verdict, health
from reverie.terminal import echo
from reverie.training.observers import Observer

PATIENCE = 2
"""Warn after this many bad previews in a row, since the first ones are rarely music."""

REMEDIES: dict[Verdict, str] = {
    "silent": "Mean squared error asks for the average of all that could follow, and that is near "
    "silence. Draw around it with generation.temperature=1, shorten frames.hop_seconds, or "
    "train longer.",
    "noise": "Train longer, widen model.hidden, or lower generation.temperature.",
    "frozen": "Raise generation.temperature, or take an earlier checkpoint.",
    "looping": "Raise generation.temperature, or take an earlier checkpoint.",
    "clipped": "Lower training.learning_rate, or set training.gradient_clip=1.",
}


class PreviewMonitor(Observer):
    """Judge each preview, and warn once if they stay bad.

    Args:
        corpus: gives what is usual, and the previews' rate.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._unsound = 0
        self._warned = False

    @cached_property
    def _reference(self) -> HealthReference:
        return health_reference(self._corpus)

    def on_preview(self, _epoch: int, samples: NDArray[np.float32], /) -> None:
        """Judge a preview, samples [S] or [2, S]."""
        try:
            judged = health(mixed(from_public(samples)), self._corpus.rate_hz, self._reference)
        except ReverieError:
            # Some samples are not numbers; training itself stops at such a loss.
            return
        self._unsound = 0 if judged.verdict == "ok" else self._unsound + 1
        if self._unsound >= PATIENCE and not self._warned:
            self._warned = True
            echo(f"The preview is not ok. {judged.sentence} {REMEDIES[judged.verdict]}", err=True)
