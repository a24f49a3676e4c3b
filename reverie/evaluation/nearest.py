"""The training excerpt that a clip is nearest to, by the course of its spectrum.

Normalised cross-correlation of spectrograms on a scale near to that of notes: unlike fingerprints
it bears noise, another tempo by a little, and by search another pitch. Clips wait and recordings
stream past them, so memory does not grow with the corpus.
Letters: S samples, C columns of a spectrogram, N bands, K windows, W columns of a window.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from reverie.audio.spectrogram import band_edges_hz
from reverie.evaluation.change import BANDS, FEATURE_SECONDS, band_decibels

WINDOW_SECONDS = 2.0
WINDOW_COLUMNS = round(WINDOW_SECONDS / FEATURE_SECONDS)
HOP_COLUMNS = WINDOW_COLUMNS // 4
"""A window of a clip begins so long after the one before."""
SLACK_SECONDS = 0.11
"""Windows that follow one another in a copy do so in the recording too, within this."""
TOGETHER = 512


@dataclass(frozen=True)
class Nearest:
    """Where in the training recordings something like a clip is found."""

    similarity: float = 0.0
    """Correlation of the two spectrograms, less what all training music has in common: 1 is the
    same sound at any level."""
    recording: int = 0
    """Its place among the training recordings."""
    offset_seconds: float = 0.0
    clip_seconds: float = 0.0
    """Where in the clip the window lies."""
    semitones: int = 0
    """By how much the clip is higher than the recording."""


class NearestSearch:
    """Clips that wait for recordings to be compared with.

    Args:
        clips: float samples [S] each; one shorter than a window stays at similarity 0.
        rate_hz: of their samples, and of the recordings'.
        common: what all music of the corpus has in common, see `common_spectrum`.
        semitones: the shifts of pitch that are tried.
    """

    def __init__(
        self,
        clips: Sequence[NDArray[np.float32]],
        rate_hz: int,
        common: NDArray[np.float32],
        semitones: Sequence[int] = (0,),
    ) -> None:
        self.rate_hz, self._common, self._count = rate_hz, common, len(clips)
        asked: list[NDArray[np.float32]] = []
        self._places: list[tuple[int, float, int]] = []
        for owner, wave in enumerate(clips):
            features = band_decibels(wave, rate_hz)
            for shift in semitones:
                moved = _transposed(features, rate_hz, -shift) - common
                for at in range(0, moved.shape[1] - WINDOW_COLUMNS + 1, HOP_COLUMNS):
                    asked.append(moved[:, at : at + WINDOW_COLUMNS])
                    self._places.append((owner, at * FEATURE_SECONDS, shift))
        width = len(common) * WINDOW_COLUMNS
        self._asked = _directions(np.stack(asked)) if asked else np.empty((0, width), np.float32)
        self._best = np.zeros(len(asked), np.float32)
        self._where = np.zeros((len(asked), 2))

    def hear(self, recording: int, start_seconds: float, wave: NDArray[np.float32]) -> None:
        """Compare every clip with samples [S] of a recording, which begin at `start_seconds`."""
        there = band_decibels(wave, self.rate_hz) - self._common
        if there.shape[1] < WINDOW_COLUMNS or not len(self._asked):
            return
        windows = sliding_window_view(there, WINDOW_COLUMNS, axis=1).transpose(1, 0, 2)
        for begin in range(0, len(windows), TOGETHER):
            found = self._asked @ _directions(windows[begin : begin + TOGETHER]).T
            at = found.argmax(axis=1)
            value = found[np.arange(len(found)), at]
            better = value > self._best
            self._best[better] = value[better]
            self._where[better, 0] = recording
            self._where[better, 1] = start_seconds + (begin + at[better]) * FEATURE_SECONDS

    def best(self) -> list[Nearest]:
        """Of each clip, the window that is most like something in all that was heard."""
        best = [Nearest()] * self._count
        for found in self._all():
            for owner, one in found:
                if one.similarity > best[owner].similarity:
                    best[owner] = one
        return best

    def runs_seconds(self, above: float) -> list[float]:
        """Of each clip, the longest stretch that follows one recording, in seconds.

        Args:
            above: the similarity that every window of it must pass.
        """
        longest = [0.0] * self._count
        for found in self._all():
            began: Nearest | None = None
            before: Nearest | None = None
            for owner, one in found:
                if one.similarity <= above:
                    began = before = None
                    continue
                if before is None or began is None or not _follows(before, one):
                    began = one
                before = one
                run = one.clip_seconds - began.clip_seconds + WINDOW_SECONDS
                longest[owner] = max(longest[owner], run)
        return longest

    def _all(self) -> Iterable[list[tuple[int, Nearest]]]:
        """The windows of each clip and shift, in order, and what they were found to be like."""
        rows = zip(self._places, self._best, self._where, strict=True)
        for _, group in groupby(rows, key=lambda row: (row[0][0], row[0][2])):
            yield [
                (owner, Nearest(float(value), int(where[0]), float(where[1]), at, shift))
                for (owner, at, shift), value, where in group
            ]


def common_spectrum(excerpts: Iterable[NDArray[np.float32]], rate_hz: int) -> NDArray[np.float32]:
    """The mean spectrum of excerpts, float samples [S] each, in dB: [N, 1]."""
    means = [band_decibels(wave, rate_hz).mean(axis=1) for wave in excerpts]
    return np.mean(means, axis=0, keepdims=True).T.astype(np.float32)


def _follows(before: Nearest, after: Nearest) -> bool:
    moved = after.offset_seconds - before.offset_seconds
    return (
        before.recording == after.recording
        and abs(moved - (after.clip_seconds - before.clip_seconds)) < SLACK_SECONDS
    )


def _transposed(features: NDArray[np.float32], rate_hz: int, semitones: int) -> NDArray[np.float32]:
    """Decibels [N, C] as they would be so many semitones higher."""
    if not semitones:
        return features
    centres = band_edges_hz(rate_hz, BANDS)[1:-1]
    wanted = np.interp(centres / 2 ** (semitones / 12), centres, np.arange(BANDS))
    low = np.minimum(wanted.astype(int), BANDS - 2)
    share = (wanted - low)[:, None].astype(np.float32)
    return features[low] * (1 - share) + features[low + 1] * share


def _directions(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """[K, N, W] -> [K, N * W]: each less the level of its columns, of length 1 (0 if all equal)."""
    shapes = (windows - windows.mean(axis=1, keepdims=True)).reshape(len(windows), -1)
    return shapes / np.maximum(np.linalg.norm(shapes, axis=1, keepdims=True), 1e-9)
