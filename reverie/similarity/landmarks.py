"""Landmark fingerprints: pairs of spectral peaks that recur in the same recording and no other.

Wang 2003, "An industrial-strength audio search algorithm". The index holds the clips, and the
training recordings are streamed, so memory does not grow with the corpus.
Letters: S samples, C columns of a spectrogram, F bins, P pairs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from reverie.audio.stft import hann, power_of, stft, window_samples

WINDOW_SECONDS = 0.064
HOPS_PER_WINDOW = 4
LOWEST_BIN = 2
"""Lower bins hold offset and rumble."""
HIGHEST_HZ = 5000.0
PEAK_REACH = (9, 9)
"""A peak is the largest value within this many bins and columns to each side."""
PEAKS_BELOW_LOUDEST_DB = 60.0
RISE_DB, RISE_COLUMNS = 6.0, 20
"""A peak exceeds the quietest value of its bin within this many columns on both sides by this much.
So hum, drones and held tones, which other recordings share, have no peaks."""
STRONGEST = 20
NEAR_SECONDS = 0.5
"""A peak counts only if it is among the strongest within this time: noise has many peaks."""
PARTNERS = 4
"""Each peak is paired with this many following peaks."""
PARTNER_COLUMNS = 60
PARTNER_BINS = 60
SLACK_COLUMNS = 2
"""Pairs agree on the clip's place in the recording within this many columns."""
COMMON = 400
"""A pair that clips contain this often is no evidence."""
NEARLY = 3
"""A clip's own repeats match within this many bins and columns: a pulse does not fall on
columns."""
GAP_SECONDS = 1.5
"""Longest gap between matching pairs of one copied run."""

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Keys of pairs and the columns where they begin: both [P], sorted by key."""


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
        keys = np.concatenate([keys for keys, _ in found] or [np.empty(0, np.int64)])
        order = np.argsort(keys, kind="stable")
        self._keys = keys[order]
        columns = [columns for _, columns in found] or [np.empty(0, np.int64)]
        self._columns = np.concatenate(columns)[order]
        self._owners = np.repeat(np.arange(len(found)), [len(keys) for keys, _ in found])[order]
        self._best = [LandmarkMatch()] * len(found)
        self._wanted = np.full(len(found), least_pairs)

    def consume(self, recording: int, start_seconds: float, wave: NDArray[np.float32]) -> None:
        """Compare every clip with samples [S] of a recording, which begin at `start_seconds`."""
        keys, columns = landmarks(wave, self.rate_hz)
        first = np.searchsorted(self._keys, keys, "left")
        counts = np.searchsorted(self._keys, keys, "right") - first
        counts[counts > COMMON] = 0
        if not counts.sum():
            return
        # Join each pair of the recording with each pair of a clip that has the same key.
        there = np.repeat(columns, counts)
        begin = np.repeat(np.cumsum(counts) - counts, counts)
        at = np.arange(len(there)) - begin + np.repeat(first, counts)
        owners, here = self._owners[at], self._columns[at]
        delays = there - here
        # No clip can agree in more pairs than it has.
        total = np.bincount(owners, minlength=len(self._best))
        promising = total >= self._wanted
        if not promising.any():
            return
        kept = promising[owners]
        owners, here, there, delays = owners[kept], here[kept], there[kept], delays[kept]
        reach = int(delays.max() - delays.min()) + 1
        groups, sizes = np.unique(owners * reach + delays - delays.min(), return_counts=True)
        for owner in map(int, np.flatnonzero(promising)):
            inside = slice(*np.searchsorted(groups, [owner * reach, (owner + 1) * reach]))
            # Find the delay with the most pairs within the slack.
            votes = np.zeros(reach + SLACK_COLUMNS)
            votes[groups[inside] - owner * reach] = sizes[inside]
            near = np.convolve(votes, np.ones(SLACK_COLUMNS + 1))
            peak = int(near.argmax())
            if near[peak] < self._wanted[owner]:
                continue
            latest = peak + int(delays.min())
            agree = (owners == owner) & (delays <= latest) & (delays >= latest - SLACK_COLUMNS)
            match = self._run(here[agree], there[agree], recording, start_seconds)
            if match.pairs >= self._wanted[owner]:
                self._best[owner] = match
                self._wanted[owner] = match.pairs + 1

    def best(self) -> list[LandmarkMatch]:
        """For each clip, its best match in everything consumed so far."""
        return list(self._best)

    def _run(
        self,
        here: NDArray[np.int64],
        there: NDArray[np.int64],
        recording: int,
        start_seconds: float,
    ) -> LandmarkMatch:
        """Return the longest stretch of agreeing pairs without a gap."""
        order = np.argsort(here)
        here, there = here[order], there[order]
        column_seconds = hop_samples(self.rate_hz) / self.rate_hz
        breaks = np.flatnonzero(np.diff(here) > GAP_SECONDS / column_seconds) + 1
        edges = [0, *breaks.tolist(), len(here)]
        spans = list(pairwise(edges))
        begin, end = max(spans, key=lambda one: one[1] - one[0])
        seconds = float(here[end - 1] - here[begin]) * column_seconds
        return LandmarkMatch(
            pairs=end - begin,
            recording=recording,
            offset_seconds=start_seconds + float(there[begin]) * column_seconds,
            clip_seconds=float(here[begin]) * column_seconds,
            seconds=seconds,
        )


def landmarks(wave: NDArray[np.float32], rate_hz: int) -> Pairs:
    """Return the pairs of peaks of samples [S]; silence has none."""
    bins, columns = _peaks(wave, rate_hz)
    keys: list[NDArray[np.int64]] = []
    begins: list[NDArray[np.int64]] = []
    paired = np.zeros(len(bins), np.int64)
    # Peaks are sorted by column, so a peak's partners are the next one, the one after it, …
    for ahead in range(1, len(bins)):
        later, earlier = slice(ahead, None), slice(None, -ahead)
        apart = columns[later] - columns[earlier]
        rise = bins[later] - bins[earlier]
        near = (apart > 0) & (apart <= PARTNER_COLUMNS) & (np.abs(rise) <= PARTNER_BINS)
        near &= paired[earlier] < PARTNERS
        keys.append(
            (
                (bins[earlier] * (2 * PARTNER_BINS + 1) + rise + PARTNER_BINS)
                * (PARTNER_COLUMNS + 1)
                + apart
            )[near]
        )
        begins.append(columns[earlier][near])
        paired[earlier] += near
        if not ((apart <= PARTNER_COLUMNS) & (paired[earlier] < PARTNERS)).any():
            break
    if not keys:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    joined, columns = np.concatenate(keys), np.concatenate(begins)
    order = np.argsort(joined, kind="stable")
    return joined[order], columns[order]


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


def hop_samples(rate_hz: int) -> int:
    """Return the hop length between columns of the spectrogram."""
    return window_samples(rate_hz, WINDOW_SECONDS) // HOPS_PER_WINDOW


def _peaks(wave: NDArray[np.float32], rate_hz: int) -> Pairs:
    """Return bins and columns of the spectrogram's peaks, sorted by column."""
    size, hop = window_samples(rate_hz, WINDOW_SECONDS), hop_samples(rate_hz)
    if len(wave) < size:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    highest = min(int(HIGHEST_HZ * size / rate_hz), size // 2)
    power = power_of(stft(wave, hann(size), hop, single=True)[:, :highest]).T
    decibels = (10 * np.log10(np.maximum(power, 1e-12))).astype(np.float32)
    around = ndimage.maximum_filter(
        decibels, [2 * reach + 1 for reach in PEAK_REACH], mode="nearest"
    )
    loud = decibels > max(float(decibels.max()) - PEAKS_BELOW_LOUDEST_DB, -60.0)
    quietest = ndimage.minimum_filter1d(decibels, 2 * RISE_COLUMNS + 1, 1, mode="nearest")
    found = (decibels == around) & (decibels - quietest >= RISE_DB) & loud
    found[:LOWEST_BIN] = False
    columns, bins = np.nonzero(found.T)
    kept = _strong(columns, decibels[bins, columns], round(NEAR_SECONDS * rate_hz / hop))
    return bins[kept].astype(np.int64), columns[kept].astype(np.int64)


def _strong(
    columns: NDArray[np.int64], strengths: NDArray[np.float32], near: int
) -> NDArray[np.bool_]:
    """Return which peaks have fewer than `STRONGEST` stronger ones within `near` columns."""
    stronger = np.zeros(len(columns), np.int64)
    for ahead in range(1, len(columns)):
        close = columns[ahead:] - columns[:-ahead] <= near
        if not close.any():
            break
        stronger[:-ahead] += close & (strengths[ahead:] > strengths[:-ahead])
        stronger[ahead:] += close & (strengths[:-ahead] >= strengths[ahead:])
    return stronger < STRONGEST
