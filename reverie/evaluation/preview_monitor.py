"""The health of previews while a model trains: one warning, with what may help."""

import numpy as np
from numpy.typing import NDArray

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.evaluation.measures.health import Verdict, corpus_level_dbfs, health
from reverie.terminal import echo
from reverie.training.observers import Observer

PATIENCE = 2
"""So many previews in a row; the first of a training are rarely sound."""

REMEDIES: dict[Verdict, str] = {
    "silent": "Mean squared error asks for the average of all that could follow, and that is near "
    "silence. Draw around it with generation.temperature=1, shorten frames.hop_samples, or "
    "train longer.",
    "noise": "Train longer, widen model.hidden, or lower generation.temperature.",
    "frozen": "Raise generation.temperature, or take an earlier checkpoint.",
    "looping": "Raise generation.temperature, or take an earlier checkpoint.",
    "clipped": "Lower training.learning_rate, or set training.gradient_clip=1.",
}


class PreviewMonitor(Observer):
    """Judges each preview, and warns once where they do not get well.

    Args:
        corpus: whose level is right, and whose rate previews have.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._level, self._rate_hz = corpus_level_dbfs(corpus), corpus.rate_hz
        self._unsound = 0
        self._warned = False

    def on_preview(self, _epoch: int, samples: NDArray[np.float32], /) -> None:
        """Judge a preview, samples [S]."""
        try:
            found = health(samples, self._rate_hz, self._level)
        except ReverieError:
            # Samples that are not numbers: training itself stops over a loss like that.
            return
        self._unsound = 0 if found.verdict == "ok" else self._unsound + 1
        if self._unsound >= PATIENCE and not self._warned:
            self._warned = True
            echo(f"The preview is not ok. {found.sentence} {REMEDIES[found.verdict]}", err=True)
