"""Look clips up in the pairs of peaks of recordings.

Where many pairs of a clip occur in a recording, all of them equally late, it is the same sound.
Letters: S samples, P pairs, J pairs of a clip joined with equal ones of recordings.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.similarity.landmarks import (
    PARTNER_BINS,
    PARTNER_COLUMNS,
    Pairs,
    hop_samples,
    landmarks,
)
from reverie.similarity.part import COLUMN_BITS, Part

SLACK_COLUMNS = 2
"""Pairs agree on the clip's place in the recording within this many columns."""
COMMON, COMMON_IN_AN_HOUR = 400, 600
"""A pair that a part of the recordings contains more often than both say is no evidence."""
NEARLY = 3
"""A clip's own repeats match within this many bins and columns: a pulse does not fall on
columns."""
GAP_SECONDS = 1.5
"""Longest gap between matching pairs of one copied run."""
PAIRS_AT_ONCE = 1 << 17
"""Pairs of clips that are looked up at a time, so that memory stays constant."""

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class LandmarkMatch:
    """The place in the recordings where most pairs of a clip agree."""

    pairs: int = 0
    recording: int = 0
    offset_seconds: float = 0.0
    """Where in the recording the matching run begins."""
    clip_seconds: float = 0.0
    """Where in the clip it begins."""
    seconds: float = 0.0
    """How long it is."""


@dataclass(frozen=True)
class _Joined:
    """Equal pairs of clips and of a part, [J] each."""

    groups: Indices
    """Clip and piece as one number."""
    here: Indices
    """Column in the clip."""
    there: Indices
    """Column in the piece."""

    def __getitem__(self, chosen: NDArray[np.bool_] | Indices) -> "_Joined":
        return _Joined(self.groups[chosen], self.here[chosen], self.there[chosen])


class LandmarkSearch:
    """Search recordings for clips.

    Args:
        clips: float samples [S] each, gone through once and not kept.
        rate_hz: of their samples, and of the recordings'.
        least_pairs: matches of fewer pairs are ignored.
        most_repeats: pairs that one clip contains more often are ignored: a metronome, a tremolo.
    """

    def __init__(
        self,
        clips: Iterable[NDArray[np.float32]],
        rate_hz: int,
        *,
        least_pairs: int = 1,
        most_repeats: int | None = None,
    ) -> None:
        self.rate_hz, self.least_pairs = rate_hz, least_pairs
        found = [_seldom(*landmarks(wave, rate_hz), most_repeats) for wave in clips]
        none = np.empty(0, np.int64)
        self._keys = np.concatenate([none, *(keys for keys, _ in found)]).astype(np.uint32)
        self._columns = np.concatenate([none, *(columns for _, columns in found)])
        self._ends: Indices = np.zeros(len(found) + 1, np.int64)
        lengths: list[int] = [len(keys) for keys, _ in found]
        self._ends[1:] = np.cumsum(np.array(lengths, np.int64))
        self._best = [LandmarkMatch()] * len(found)
        self._wanted = np.full(len(found), least_pairs)

    def look_up(self, part: Part, numbers: Sequence[int]) -> None:
        """Compare every clip with the recordings of a part.

        Args:
            part: of the index.
            numbers: the number of each of its recordings in `LandmarkMatch`; those below 0 are
                left out.
        """
        if not len(part.keys):
            return
        numbered = np.array(numbers, np.int64)[[piece.recording for piece in part.pieces]]
        common = max(COMMON, COMMON_IN_AN_HOUR * part.seconds / 3600)
        for first, last in self._blocks():
            joined = self._joined(part, first, last, numbered, common)
            if len(joined.groups):
                self._take(part, numbered, self._agreeing(joined, len(numbered)))

    def settle(self) -> None:
        """Do nothing: all was compared when it was looked up."""

    def best(self) -> list[LandmarkMatch]:
        """For each clip, its best match in everything that was looked up."""
        return list(self._best)

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """Yield ranges of clips with few enough pairs, or one clip."""
        first = 0
        while first < len(self._best):
            reach = int(self._ends[first]) + PAIRS_AT_ONCE
            last = max(int(np.searchsorted(self._ends, reach, side="right")) - 1, first + 1)
            yield first, last
            first = last

    def _joined(
        self, part: Part, first: int, last: int, numbered: Indices, common: float
    ) -> _Joined:
        """Join each pair of the clips with each pair of the part that has the same key."""
        inside = slice(int(self._ends[first]), int(self._ends[last]))
        keys = self._keys[inside]
        begins = np.searchsorted(part.keys, keys, "left")
        counts = np.searchsorted(part.keys, keys, "right") - begins
        counts[counts > common] = 0
        owners = np.repeat(np.arange(first, last), np.diff(self._ends[first : last + 1]))
        skipped = np.repeat(np.cumsum(counts) - counts - begins, counts)
        places = part.places[np.arange(len(skipped)) - skipped]
        pieces = (places >> COLUMN_BITS).astype(np.int64)
        joined = _Joined(
            np.repeat(owners, counts) * len(numbered) + pieces,
            np.repeat(self._columns[inside], counts),
            (places & ((1 << COLUMN_BITS) - 1)).astype(np.int64),
        )
        return self._promising(joined[numbered[pieces] >= 0], len(numbered))

    def _promising(self, joined: _Joined, pieces: int) -> _Joined:
        """Leave out clips in pieces that share too few pairs to matter."""
        if not len(joined.groups):
            return joined
        least = int(joined.groups.min())
        total = np.bincount(joined.groups - least)
        wanted = self._wanted[(np.arange(len(total)) + least) // pieces]
        return joined[(total >= wanted)[joined.groups - least]]

    def _agreeing(self, joined: _Joined, pieces: int) -> _Joined:
        """Keep the pairs that agree on the commonest delay of each clip in each piece."""
        delays = joined.there - joined.here
        earliest = int(delays.min())
        # Codes of different groups are farther apart than the slack.
        reach = int(delays.max()) - earliest + SLACK_COLUMNS + 1
        codes = joined.groups * reach + delays - earliest
        found, sizes = np.unique(codes, return_counts=True)
        near = sizes.copy()
        for back in range(1, SLACK_COLUMNS + 1):
            close = found[back:] - found[:-back] <= SLACK_COLUMNS
            near[back:] += sizes[:-back] * close
        groups = found // reach
        chosen = _first_largest(near, groups)
        chosen = chosen[near[chosen] >= self._wanted[groups[chosen] // pieces]]
        if not len(chosen):
            return joined[np.empty(0, np.int64)]
        at = np.searchsorted(groups[chosen], joined.groups).clip(max=len(chosen) - 1)
        behind = found[chosen][at] - codes
        return joined[(behind >= 0) & (behind <= SLACK_COLUMNS)]

    def _take(self, part: Part, numbered: Indices, joined: _Joined) -> None:
        """Remember the longest run of each clip; of equal ones the first in the recordings."""
        column_seconds = hop_samples(self.rate_hz) / self.rate_hz
        ordered = joined[np.lexsort((joined.here, joined.groups))]
        if not len(ordered.groups):
            return
        # A run ends where another group begins, or after a gap.
        gaps = np.diff(ordered.here) > GAP_SECONDS / column_seconds
        begins = np.flatnonzero(np.concatenate([[True], gaps | (np.diff(ordered.groups) > 0)]))
        ends = np.append(begins[1:], len(ordered.groups))
        seconds = (ordered.here[ends - 1] - ordered.here[begins]) * column_seconds
        runs, pairs = ordered[begins], ends - begins
        owners, pieces = np.divmod(runs.groups, len(numbered))
        starts = np.array([piece.start for piece in part.pieces], np.int64)[pieces]
        places = numbered[pieces]
        for at in _first(np.lexsort((starts, places, -pairs, owners)), owners).tolist():
            owner = int(owners[at])
            match = LandmarkMatch(
                pairs=int(pairs[at]),
                recording=int(places[at]),
                offset_seconds=float(starts[at] / self.rate_hz + runs.there[at] * column_seconds),
                clip_seconds=float(runs.here[at] * column_seconds),
                seconds=float(seconds[at]),
            )
            best = self._best[owner]
            later = (match.recording, match.offset_seconds) >= (best.recording, best.offset_seconds)
            if match.pairs < self._wanted[owner] or (match.pairs == best.pairs and later):
                continue
            self._best[owner], self._wanted[owner] = match, match.pairs


def _first_largest(values: Indices, groups: Indices) -> Indices:
    """Return the index of the first largest value of each group, by group."""
    return _first(np.lexsort((-values, groups)), groups)


def _first(order: Indices, groups: Indices) -> Indices:
    """Return the first index of each group in an order that goes by group."""
    ordered = groups[order]
    return order[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(order) else order


def _seldom(keys: NDArray[np.int64], columns: NDArray[np.int64], most: int | None) -> Pairs:
    """Return the pairs, by key, that have at most `most` near repeats."""
    if most is None:
        return keys, columns
    pairs, apart = np.divmod(keys, PARTNER_COLUMNS + 1)
    bins, rise = np.divmod(pairs, 2 * PARTNER_BINS + 1)
    coarse = ((bins // NEARLY) * (2 * PARTNER_BINS + 1) + rise // NEARLY) * (PARTNER_COLUMNS + 1)
    _, place, counts = np.unique(coarse + apart // NEARLY, return_inverse=True, return_counts=True)
    kept = counts[place] <= most
    return keys[kept], columns[kept]
