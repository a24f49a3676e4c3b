"""Sketches of windows, by which the few that may resemble a clip are found among very many.

A sketch is a random projection of a window to a few numbers, whose products are nearly those of the
windows (Johnson & Lindenstrauss 1984). Sketches lie in lists around centres, and a search looks
into the lists with the nearest centres alone. Only every tenth window of the recordings has one; a
search asks for every window of a clip instead.
Letters: C columns of spectra, N bands, K windows, D numbers of a sketch, L lists, Q queries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from reverie.similarity.band_spectra import BANDS, COLUMN_SECONDS

VERSION = 1
WINDOW_SECONDS = 2.0
WINDOW_COLUMNS = round(WINDOW_SECONDS / COLUMN_SECONDS)
GRID_COLUMNS = 10
"""Columns between windows that have a sketch."""
WIDTH = 64
"""Numbers of a sketch, D."""
STEPS = 256.0
"""Steps in which a number of a sketch of length 1 is kept."""
IN_LIST, MOST_LISTS = 256, 256
PROBED = 4
"""Lists that are looked into for each query."""
ROUNDS, LEARNT = 6, 20_000
"""Rounds in which centres are moved to the middle of their lists, and sketches used for that."""
AT_ONCE = 4096


@dataclass(frozen=True)
class Sketches:
    """Sketches of the windows of a part, list by list."""

    centres: NDArray[np.float32]
    """[L, D], of length 1."""
    ends: NDArray[np.int64]
    """Where each list begins, and the last one ends, [L + 1]."""
    columns: NDArray[np.uint32]
    """First column of each window in the part's spectra, [K]."""
    codes: NDArray[np.int8]
    """[K, D], in steps."""

    def propose(
        self, queries: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Find the most similar window of each list that is looked into.

        Args:
            queries: sketches of length 1, [Q, D].

        Returns:
            Similarities of the sketches, [Q, PROBED], -1 where there is none; and the windows'
            first columns, [Q, PROBED].
        """
        probed = min(PROBED, len(self.centres))
        near = -(queries @ self.centres.T)
        lists = np.argpartition(near, probed - 1, axis=1)[:, :probed].reshape(-1)
        askers = np.repeat(np.arange(len(queries)), probed)
        similarity = np.full(len(lists), -1, np.float32)
        columns = np.zeros(len(lists), np.int64)
        order = np.argsort(lists, kind="stable")
        edges = np.searchsorted(lists[order], np.arange(len(self.centres) + 1))
        for number in np.flatnonzero((np.diff(edges) > 0) & (np.diff(self.ends) > 0)).tolist():
            slots = order[edges[number] : edges[number + 1]]
            inside = slice(int(self.ends[number]), int(self.ends[number + 1]))
            products = queries[askers[slots]] @ self.codes[inside].astype(np.float32).T
            best = products.argmax(axis=1)
            similarity[slots] = products[np.arange(len(best)), best] / np.float32(STEPS)
            columns[slots] = self.columns[inside][best]
        return similarity.reshape(-1, probed), columns.reshape(-1, probed)


def make_sketches(spectra: NDArray[np.int8], spans: Sequence[tuple[int, int]]) -> Sketches:
    """Make the sketches of a part.

    Args:
        spectra: [C, N].
        spans: the first column of each piece, and that after its last; no window leaves its piece.
    """
    columns = np.concatenate(
        [np.empty(0, np.int64),
         *(np.arange(first, end - WINDOW_COLUMNS + 1, GRID_COLUMNS) for first, end in spans)]
    )  # fmt: skip
    sketches = [np.empty((0, WIDTH), np.float32)]
    for begin in range(0, len(columns), AT_ONCE):
        chosen = columns[begin : begin + AT_ONCE]
        sketches.append(_sketch(spectra[chosen[:, None] + np.arange(WINDOW_COLUMNS)]))
    every = np.concatenate(sketches)
    centres = _centres(every)
    lists = _nearest(every, centres)
    order = np.argsort(lists, kind="stable")
    ends = np.searchsorted(lists[order], np.arange(len(centres) + 1)).astype(np.int64)
    codes = np.rint(STEPS * every[order]).clip(-127, 127).astype(np.int8)
    return Sketches(centres, ends, columns[order].astype(np.uint32), codes)


def sketches_of(spectrum: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return the sketches of every window of a spectrum [C, N]: [C - windows + 1, D]."""
    if len(spectrum) < WINDOW_COLUMNS:
        return np.empty((0, WIDTH), np.float32)
    windows = sliding_window_view(spectrum, WINDOW_COLUMNS, axis=0).transpose(0, 2, 1)
    return np.concatenate(
        [_sketch(windows[begin : begin + AT_ONCE]) for begin in range(0, len(windows), AT_ONCE)]
    )


@cache
def projection() -> NDArray[np.float32]:
    """Return the projection of a window, always the same."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((WINDOW_COLUMNS * BANDS, WIDTH)).astype(np.float32)


def _sketch(windows: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return sketches of length 1 of windows [K, columns, N]; of silence it is 0."""
    rows = windows.astype(np.float32).reshape(len(windows), -1)
    return _unit(rows @ projection())


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(lengths, np.float32(1e-6))


def _centres(sketches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Place centres among sketches [K, D], by spherical k-means from always the same draws."""
    rng = np.random.default_rng(0)
    learnt = sketches[rng.permutation(len(sketches))[:LEARNT]]
    centres = learnt[: min(max(len(sketches) // IN_LIST, 1), MOST_LISTS, max(len(learnt), 1))]
    if not len(learnt):
        return np.zeros((1, WIDTH), np.float32)
    for _ in range(ROUNDS):
        lists = _nearest(learnt, centres)
        sums = np.zeros_like(centres)
        np.add.at(sums, lists, learnt)
        used = np.bincount(lists, minlength=len(centres)) > 0
        centres = np.where(used[:, None], _unit(sums), centres)
    return centres


def _nearest(sketches: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the nearest centre of each sketch, [K]."""
    every = [
        (sketches[begin : begin + AT_ONCE] @ centres.T).argmax(axis=1)
        for begin in range(0, len(sketches), AT_ONCE)
    ]
    return np.concatenate([np.empty(0, np.int64), *every]).astype(np.int64)
