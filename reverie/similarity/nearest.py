"""Find the recorded excerpt that a clip is most similar to, by how its spectrum changes over time.

It correlates spectrograms whose bands are about as wide as a semitone. Unlike fingerprints this
tolerates noise, a slightly different tempo and, by search, another pitch. Where recordings have
sketches, these choose the few windows that are compared.
Letters: S samples, C columns of a spectrogram, N bands, K windows, Q windows of clips.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from reverie.similarity.band_spectra import COLUMN_SECONDS
from reverie.similarity.candidates import Candidates
from reverie.similarity.cosine import MostSimilar, MostSimilarBy, MostSimilarByNumpy, cosines
from reverie.similarity.movement import moving_spectra
from reverie.similarity.part import Part
from reverie.similarity.sketches import WINDOW_COLUMNS, WINDOW_SECONDS

HOP_COLUMNS = WINDOW_COLUMNS // 4
"""Distance between the starts of consecutive windows of a clip."""
SLACK_SECONDS = 0.11
"""Consecutive windows of a copy are equally far apart in the recording, within this tolerance."""
WINDOWS_AT_ONCE = 2048
"""Windows of a recording in one matrix product."""


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
        self._spectra: list[NDArray[np.int8]] = []
        windows: list[NDArray[np.int8]] = []
        self._places: list[tuple[int, float, int]] = []
        for owner, wave in enumerate(clips):
            shifts = tuple(-shift for shift in semitones)
            for shift, moved in zip(semitones, moving_spectra(wave, rate_hz, shifts), strict=True):
                self._spectra.append(moved)
                for at in range(0, len(moved) - WINDOW_COLUMNS + 1, HOP_COLUMNS):
                    windows.append(moved[at : at + WINDOW_COLUMNS].reshape(-1))
                    self._places.append((owner, at * COLUMN_SECONDS, shift))
        self._windows = np.stack(windows) if windows else None
        self._most_similar_by = most_similar
        self._best = np.zeros(len(windows), np.float32)
        self._where = np.zeros((len(windows), 2))
        self._candidates: Candidates | None = None

    @cached_property
    def _most_similar(self) -> MostSimilar:
        assert self._windows is not None
        return self._most_similar_by(self._windows.astype(np.float32))

    def look_up(self, part: Part, numbers: Sequence[int]) -> None:
        """Compare every clip with the recordings of a part.

        Args:
            part: of the index; where it has no sketches, all its windows are compared.
            numbers: the number of each of its recordings in `Nearest`; those below 0 are left out.

        Raises:
            DamagedPartError: spectra are not those that were stored.
        """
        if self._windows is None:
            return
        if part.sketches is not None:
            if self._candidates is None:
                self._candidates = Candidates(self._spectra, HOP_COLUMNS)
            self._candidates.propose(part, numbers)
            if part.folder is None:
                # A part that is not kept is forgotten, or memory would grow with the recordings.
                self.settle()
            return
        for number, piece in enumerate(part.pieces):
            if numbers[piece.recording] < 0 or piece.columns < WINDOW_COLUMNS:
                continue
            flat = part.spectrum(number).astype(np.float32).reshape(-1)
            width = part.spectra.shape[1]
            rows = sliding_window_view(flat, WINDOW_COLUMNS * width)[::width]
            for begin in range(0, len(rows), WINDOWS_AT_ONCE):
                value, at = self._most_similar(rows[begin : begin + WINDOWS_AT_ONCE].copy())
                start = part.start_seconds(number)
                seconds = (start + (begin + at) * COLUMN_SECONDS).astype(np.float64)
                recordings = np.full(len(value), numbers[piece.recording])
                self._improve(np.arange(len(value)), value, recordings, seconds)

    def _improve(
        self,
        windows: NDArray[np.int64],
        values: NDArray[np.float32],
        recordings: NDArray[np.int64],
        seconds: NDArray[np.float64],
    ) -> None:
        """Remember the places of windows that are more similar than any before."""
        better = np.flatnonzero(values > self._best[windows])
        # Of several for one window the most similar comes last, and stays.
        better = better[np.argsort(values[better], kind="stable")]
        chosen = windows[better]
        self._best[chosen] = values[better]
        self._where[chosen, 0] = recordings[better]
        self._where[chosen, 1] = seconds[better]

    def settle(self) -> None:
        """Compare the windows that sketches proposed.

        Raises:
            DamagedPartError: spectra are not those that were stored.
        """
        candidates, self._candidates = self._candidates, None
        if candidates is None or self._windows is None:
            return
        for hits in candidates.take():
            mine = self._windows[hits.windows].astype(np.float32)
            values = cosines(mine, hits.rows)
            self._improve(hits.windows, values, hits.recordings, hits.seconds)
        self._candidates = candidates

    def best(self) -> list[Nearest]:
        """For each clip, its best match in everything that was looked up."""
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
