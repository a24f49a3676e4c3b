"""Find the recorded excerpt that a clip is most similar to, by how its spectrum changes over time.

It correlates normalised spectrograms whose bands are about as wide as a semitone. Unlike
fingerprints this tolerates noise, a slightly different tempo and, by search, another pitch. Each
band is compared after its own mean over a second is subtracted, so that two pieces in the same key
are not similar because of the key. Recordings are streamed, so memory does not grow with the
corpus.
Letters: S samples, C columns of a spectrogram, N bands, K windows, W columns of a window.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from reverie.audio.spectrogram import band_edges_hz
from reverie.similarity.band_spectra import BANDS, COLUMN_SECONDS, band_decibels
from reverie.similarity.cosine import MostSimilarBy, MostSimilarByNumpy

WINDOW_SECONDS = 2.0
WINDOW_COLUMNS = round(WINDOW_SECONDS / COLUMN_SECONDS)
HOP_COLUMNS = WINDOW_COLUMNS // 4
"""Distance between the starts of consecutive windows of a clip."""
SLACK_SECONDS = 0.11
"""Consecutive windows of a copy are equally far apart in the recording, within this tolerance."""
WINDOWS_AT_ONCE = 2048
"""Windows of a recording in one matrix product."""
FLOOR_BELOW_LOUDEST_DB = 40.0
"""Most recordings have only noise below it."""
MEAN_COLUMNS = round(1.0 / COLUMN_SECONDS)


@dataclass(frozen=True)
class Nearest:
    """Where in the recordings the best match of a clip lies."""

    similarity: float = 0.0
    """Correlation of the two spectrograms: 1 for the same sound at any level."""
    recording: int = 0
    """Its index in the recordings."""
    offset_seconds: float = 0.0
    clip_seconds: float = 0.0
    """Where in the clip the window lies."""
    semitones: int = 0
    """How much higher the clip is than the recording."""


class NearestSearch:
    """Search recordings for the excerpts most similar to clips.

    Args:
        clips: float samples [S] each; one shorter than a window stays at similarity 0.
        rate_hz: of their samples, and of the recordings'.
        semitones: the shifts of pitch that are tried.
        most_similar: computes the product, which takes nearly all of the time.
    """

    def __init__(
        self,
        clips: Sequence[NDArray[np.float32]],
        rate_hz: int,
        semitones: Sequence[int] = (0,),
        most_similar: MostSimilarBy = MostSimilarByNumpy,
    ) -> None:
        self.rate_hz, self._count = rate_hz, len(clips)
        windows: list[NDArray[np.float32]] = []
        self._places: list[tuple[int, float, int]] = []
        for owner, wave in enumerate(clips):
            features = band_decibels(wave, rate_hz)
            for shift in semitones:
                moved = _movement(_transposed(features, rate_hz, -shift))
                for at in range(0, moved.shape[1] - WINDOW_COLUMNS + 1, HOP_COLUMNS):
                    windows.append(moved[:, at : at + WINDOW_COLUMNS])
                    self._places.append((owner, at * COLUMN_SECONDS, shift))
        self._most_similar = most_similar(_rows(np.stack(windows))) if windows else None
        self._best = np.zeros(len(windows), np.float32)
        self._where = np.zeros((len(windows), 2))

    def consume(self, recording: int, start_seconds: float, wave: NDArray[np.float32]) -> None:
        """Compare every clip with samples [S] of a recording, which begin at `start_seconds`."""
        there = _movement(band_decibels(wave, self.rate_hz))
        if there.shape[1] < WINDOW_COLUMNS or self._most_similar is None:
            return
        windows = sliding_window_view(there, WINDOW_COLUMNS, axis=1).transpose(1, 0, 2)
        for begin in range(0, len(windows), WINDOWS_AT_ONCE):
            value, at = self._most_similar(_rows(windows[begin : begin + WINDOWS_AT_ONCE]))
            better = value > self._best
            self._best[better] = value[better]
            self._where[better, 0] = recording
            self._where[better, 1] = start_seconds + (begin + at[better]) * COLUMN_SECONDS

    def best(self) -> list[Nearest]:
        """For each clip, its best match in everything consumed so far."""
        best = [Nearest()] * self._count
        for matches in self._all():
            for owner, window in matches:
                if window.similarity > best[owner].similarity:
                    best[owner] = window
        return best

    def runs_seconds(self, above: float) -> list[float]:
        """For each clip, the longest stretch that follows one recording, in seconds.

        Args:
            above: the similarity that every window of the stretch must exceed.
        """
        longest = [0.0] * self._count
        for runs in self._all():
            began: Nearest | None = None
            before: Nearest | None = None
            for owner, window in runs:
                if window.similarity <= above:
                    began = before = None
                    continue
                if before is None or began is None or not _follows(before, window):
                    began = window
                before = window
                run = window.clip_seconds - began.clip_seconds + WINDOW_SECONDS
                longest[owner] = max(longest[owner], run)
        return longest

    def _all(self) -> Iterable[list[tuple[int, Nearest]]]:
        """For each clip and shift, its windows in order with their best matches."""
        rows = zip(self._places, self._best, self._where, strict=True)
        for _, group in groupby(rows, key=lambda row: (row[0][0], row[0][2])):
            yield [
                (owner, Nearest(float(value), int(where[0]), float(where[1]), at, shift))
                for (owner, at, shift), value, where in group
            ]


def _follows(before: Nearest, after: Nearest) -> bool:
    moved = after.offset_seconds - before.offset_seconds
    return (
        before.recording == after.recording
        and abs(moved - (after.clip_seconds - before.clip_seconds)) < SLACK_SECONDS
    )


def _transposed(features: NDArray[np.float32], rate_hz: int, semitones: int) -> NDArray[np.float32]:
    """Decibels [N, C] of the same sound transposed by `semitones`."""
    if not semitones:
        return features
    centres = band_edges_hz(rate_hz, BANDS)[1:-1]
    wanted = np.interp(centres / 2 ** (semitones / 12), centres, np.arange(BANDS))
    low = np.minimum(wanted.astype(int), BANDS - 2)
    share = (wanted - low)[:, None].astype(np.float32)
    moved = features[low] * (1 - share) + features[low + 1] * share
    return moved.astype(np.float32)


def _movement(decibels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Subtract from each band its running mean over a second: [N, C] -> [N, C]."""
    levels = np.maximum(decibels, decibels.max() - FLOOR_BELOW_LOUDEST_DB)
    mean = uniform_filter1d(levels, MEAN_COLUMNS, axis=1, mode="nearest")
    return (levels - mean).astype(np.float32)


def _rows(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Flatten windows: [K, N, W] -> [K, N * W]."""
    return windows.reshape(len(windows), windows.shape[1] * windows.shape[2])
