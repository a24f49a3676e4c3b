"""Collect the windows of recordings that sketches propose for clips, over all parts of the index.

Letters: C columns of spectra, N bands, Q queries, H windows that are compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.similarity.band_spectra import COLUMN_SECONDS
from reverie.similarity.part import Part
from reverie.similarity.sketches import WIDTH, WINDOW_COLUMNS, sketches_of

MOST = 4
"""Windows that are compared for each query."""
AT_ONCE = 4096


@dataclass(frozen=True)
class Hits:
    """Windows of recordings to compare with windows of clips."""

    windows: NDArray[np.int64]
    """Which window of the clips, [H]."""
    rows: NDArray[np.float32]
    """The window of a recording, [H, columns * N]."""
    recordings: NDArray[np.int64]
    """Number of its recording, [H]."""
    seconds: NDArray[np.float64]
    """Where it begins in that, [H]."""


class Candidates:
    """The most promising windows for each window of clips.

    A query is every window of a clip, column by column; what it finds is compared with the nearest
    of the windows that are asked for, at the same delay.

    Args:
        spectra: of clips, [C, N] each.
        hop_columns: distance between the windows of each that are asked for.
    """

    def __init__(self, spectra: Sequence[NDArray[np.int8]], hop_columns: int) -> None:
        queries = [np.empty((0, WIDTH), np.float32)]
        windows = [np.empty(0, np.int64)]
        offsets = [np.empty(0, np.int64)]
        before = 0
        for spectrum in spectra:
            found = sketches_of(spectrum)
            at = np.arange(len(found))
            count = -(-len(found) // hop_columns)
            nearest = np.minimum(np.rint(at / hop_columns).astype(np.int64), count - 1)
            queries.append(found)
            windows.append(before + nearest)
            offsets.append(nearest * hop_columns - at)
            before += count
        self._queries = np.concatenate(queries)
        self._windows, self._offsets = np.concatenate(windows), np.concatenate(offsets)
        shape = len(self._queries), MOST
        self._similarity = np.full(shape, -1, np.float32)
        self._part = np.full(shape, -1)
        self._column = np.zeros(shape, np.int64)
        self._parts: list[tuple[Part, NDArray[np.int64]]] = []

    def propose(self, part: Part, numbers: Sequence[int]) -> None:
        """Look for windows in a part; its recordings have these numbers, or are left out."""
        assert part.sketches is not None
        numbered = np.array(numbers, np.int64)[[piece.recording for piece in part.pieces]]
        for begin in range(0, len(self._queries), AT_ONCE):
            some = slice(begin, begin + AT_ONCE)
            similarity, column = part.sketches.propose(self._queries[some])
            similarity[numbered[part.piece_of(column)] < 0] = -1
            every = np.concatenate([self._similarity[some], similarity], axis=1)
            best = np.argpartition(-every, MOST - 1, axis=1)[:, :MOST]
            where = np.full(column.shape, len(self._parts))
            for kept, new in ((self._part, where), (self._column, column)):
                joined = np.concatenate([kept[some], new], axis=1)
                kept[some] = np.take_along_axis(joined, best, axis=1)
            self._similarity[some] = np.take_along_axis(every, best, axis=1)
        self._parts.append((part, numbered))

    def take(self) -> Iterator[Hits]:
        """Yield what is to be compared, once.

        Raises:
            DamagedPartError: spectra are not those that were stored.
        """
        for number, (part, numbered) in enumerate(self._parts):
            query, slot = np.nonzero((self._part == number) & (self._similarity > 0))
            column = self._column[query, slot]
            piece = part.piece_of(column)
            column = column + self._offsets[query]
            firsts, ends = part.spans
            inside = (column >= firsts[piece]) & (column + WINDOW_COLUMNS <= ends[piece])
            query, column, piece = query[inside], column[inside], piece[inside]
            # The same delay is found by several queries.
            _, once = np.unique(np.stack([self._windows[query], column]), axis=1, return_index=True)
            query, column, piece = query[once], column[once], piece[once]
            for one in np.unique(piece).tolist():
                part.spectrum(one)
            starts = np.array([one.start for one in part.pieces], np.int64)[piece] / part.rate_hz
            seconds = starts + (column - firsts[piece]) * COLUMN_SECONDS
            for begin in range(0, len(query), AT_ONCE):
                some = slice(begin, begin + AT_ONCE)
                rows = part.spectra[column[some, None] + np.arange(WINDOW_COLUMNS)]
                yield Hits(
                    self._windows[query[some]],
                    rows.astype(np.float32).reshape(len(rows), -1),
                    numbered[piece[some]],
                    seconds[some],
                )
        self._parts.clear()
        self._part[:] = -1
