"""The training excerpt that a clip is nearest to: has it learned, or only remembered?

Letters: S samples, C columns of a spectrogram, N bands, W columns of an excerpt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from reverie.evaluation.change import FEATURE_SECONDS, band_decibels

EXCERPT_SECONDS = 2.0
TOGETHER = 512


@dataclass(frozen=True)
class Nearest:
    """Where in the training recordings something like an excerpt is found."""

    similarity: float
    """Correlation of the two spectrograms, less what all training music has in common: 1 is the
    same sound at any level."""
    recording: int
    """Its place among the training recordings."""
    offset_seconds: float


class TrainingExcerpts:
    """Every excerpt of two seconds of the training recordings, one begun every 50 ms.

    Args:
        recordings: float samples [S] each.
        rate_hz: of their samples.
    """

    def __init__(self, recordings: Iterable[NDArray[np.float32]], rate_hz: int) -> None:
        self.rate_hz = rate_hz
        features = [band_decibels(wave, rate_hz) for wave in recordings]
        self._common = np.concatenate(features, axis=1).mean(axis=1, keepdims=True)
        self._features = [one - self._common for one in features]

    def nearest(self, waves: Sequence[NDArray[np.float32]]) -> list[Nearest]:
        """Of each clip, float samples [S], the training excerpt most like two seconds of it.

        Excerpts of a clip follow one another without overlap; a clip shorter than one has
        similarity 0.
        """
        columns = round(EXCERPT_SECONDS / FEATURE_SECONDS)
        asked: list[NDArray[np.float32]] = []
        owners: list[int] = []
        for owner, wave in enumerate(waves):
            features = band_decibels(wave, self.rate_hz) - self._common
            for at in range(0, features.shape[1] - columns + 1, columns):
                asked.append(features[:, at : at + columns])
                owners.append(owner)
        best = [Nearest(0.0, 0, 0.0)] * len(waves)
        if not asked:
            return best
        questions = _directions(np.stack(asked))
        for place, there in enumerate(self._features):
            if there.shape[1] < columns:
                continue
            windows = sliding_window_view(there, columns, axis=1).transpose(1, 0, 2)
            for begin in range(0, len(windows), TOGETHER):
                found = questions @ _directions(windows[begin : begin + TOGETHER]).T
                for owner, row in zip(owners, found, strict=True):
                    at = int(row.argmax())
                    if row[at] > best[owner].similarity:
                        seconds = round((begin + at) * FEATURE_SECONDS, 2)
                        best[owner] = Nearest(float(row[at]), place, seconds)
        return best


def _directions(excerpts: NDArray[np.float32]) -> NDArray[np.float32]:
    """[K, N, W] -> [K, N * W]: each less the level of its columns, of length 1 (0 if all equal)."""
    shapes = (excerpts - excerpts.mean(axis=1, keepdims=True)).reshape(len(excerpts), -1)
    return shapes / np.maximum(np.linalg.norm(shapes, axis=1, keepdims=True), 1e-9)
