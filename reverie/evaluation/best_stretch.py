"""Find a clip's best stretch: the longest in which the measures of clips find no fault.

Windows of four seconds slide over the clip, and each is judged like a clip. Of 258 such windows of
the demo recordings none is refused; of three seconds one is, and of two seconds eight are.
Stretches that repeat the training recordings more than real music does are refused too.
Letters: S samples, N windows.
"""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reverie.audio.provenance import Provenance
from reverie.audio.reading.inside import origin_of
from reverie.audio.stft import Wave
from reverie.audio.writing.cut import MonoOnDisk, open_sound
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.evaluation.clip_copying import copying_of
from reverie.evaluation.clip_verdicts import LEVEL_UNKNOWN, verdict_of
from reverie.evaluation.health_reference import health_reference
from reverie.evaluation.measures.health import HealthReference, Verdict
from reverie.generation.trim import (
    QUIET_DB,
    SHORTEST_SECONDS,
    require_free,
    require_times,
    trim_clip,
)
from reverie.generation.trim import WINDOW_SECONDS as LEVEL_SECONDS
from reverie.runs.run import Run

WINDOW_SECONDS, HOP_SECONDS = 4.0, 0.5
EDGE_SECONDS = 1.0
"""A silent, noisy or clipped end of this length is cut off too, since a window may tolerate it."""
EDGE_FAULTS = ("silent", "noise", "clipped")
STEADY_FAULTS = ("frozen", "looping")
_PIECE_SECONDS = 60.0

Refusal = Verdict | Literal["copied"]


@dataclass(frozen=True)
class Stretch:
    """A part of a clip, and why the rest is cut off."""

    start_seconds: float
    end_seconds: float
    refused: dict[Refusal, float] = field(default_factory=dict[Refusal, float])
    """Seconds that were cut off, by reason, without quiet ends."""
    doubt: str = ""
    """What could not be judged, or why the clip stays whole."""

    @property
    def sentence(self) -> str:
        """Return why the rest is cut off, in words; empty if there is nothing to say."""
        parts = [f"{seconds:g} s {reason}" for reason, seconds in self.refused.items()]
        return " ".join(part for part in (_said("Left out: ", parts), self.doubt) if part)


def trim_to_best(
    clip: Path,
    out: Path,
    corpus: Corpus | None,
    start: float | None = None,
    end: float | None = None,
    *,
    copies: bool = True,
    overwrite: bool = True,
    quiet: bool = False,
) -> Stretch:
    """Write the best stretch of `clip`, or the part between given times, to `out`.

    Args:
        clip: a WAV or FLAC file.
        out: a WAV or FLAC file; what was cut is recorded beside it.
        corpus: that the clip should resemble, see `corpus_of`; None if it is missing.
        start: in seconds; None for the start of the best stretch, before `end` if that is given.
        end: in seconds; None for the end of the best stretch.
        copies: search the corpus for the clip, and cut off what repeats it.
        overwrite: replace `out`.
        quiet: show no progress.

    Raises:
        ReverieError: as `trim_clip`.
    """
    if start is not None and end is not None:
        return Stretch(*trim_clip(clip, out, start, end, overwrite=overwrite))
    require_times(start, end)
    require_free(clip, out, overwrite=overwrite)
    stretch = best_of_file(clip, corpus, (start or 0.0, end), copies=copies, quiet=quiet)
    first = stretch.start_seconds if start is None else start
    last = stretch.end_seconds if end is None else end
    used = trim_clip(clip, out, first, last, overwrite=overwrite, how="by measures")
    return Stretch(*used, stretch.refused, stretch.doubt)


def best_of_file(
    clip: Path,
    corpus: Corpus | None,
    within: tuple[float, float | None] = (0.0, None),
    *,
    copies: bool = True,
    quiet: bool = False,
) -> Stretch:
    """Find the best stretch of a file.

    Args:
        clip: a WAV or FLAC file.
        corpus: that the clip should resemble; None if it is missing.
        within: the part to search, in seconds.
        copies: search the corpus for the clip.
        quiet: show no progress.

    Raises:
        ReverieError: the clip cannot be read.
    """
    copied = copied_spans(clip, corpus, quiet=quiet) if copies and corpus else ()
    reference = health_reference(corpus) if corpus else None
    with open_sound(clip) as file:
        wave, rate_hz = MonoOnDisk(file), int(file.samplerate)
        return best_stretch(wave, rate_hz, reference, copied, within=within)


def corpus_of(clip: Path) -> Corpus | None:
    """Return the corpus of the run that made `clip`; None if it is not found."""
    try:
        return corpus_behind(origin_of(clip).provenance)
    except OSError:
        return None


def corpus_behind(provenance: Provenance | None) -> Corpus | None:
    """Return the corpus that the run that made a clip was trained on; None if it is not found."""
    if provenance is None:
        return None
    try:
        corpus = Run.open(Path(provenance.run)).open_corpus()
    except (ReverieError, OSError):
        return None
    return corpus if corpus.content_hash == provenance.corpus_hash else None


def copied_spans(clip: Path, corpus: Corpus, *, quiet: bool = False) -> list[tuple[float, float]]:
    """Return the start and end in seconds of the stretches of `clip` that are copied.

    That is the longest run in the clip's first two minutes that repeats the training recordings
    more than real music does; a clip too short to judge has none.
    """
    copying = copying_of(clip, corpus, quiet=quiet)
    if copying is None or not copying.flagged:
        return []
    return [(copying.clip_seconds, copying.clip_seconds + copying.seconds)]


def best_stretch(
    wave: Wave,
    rate_hz: int,
    reference: HealthReference | None,
    copied: Sequence[tuple[float, float]] = (),
    within: tuple[float, float | None] = (0.0, None),
) -> Stretch:
    """Find the longest stretch of a clip in which no window is refused, without its quiet ends.

    If every window is refused, or the clip has none, it stays whole and the doubt says so.

    Args:
        wave: mono float samples [S], or an object that returns them by slice.
        rate_hz: samples per second.
        reference: what it is judged by; None if the corpus is not known.
        copied: start and end in seconds of stretches that repeat the training recordings.
        within: the part to search, in seconds.
    """
    begin = min(round(within[0] * rate_hz), len(wave))
    stop = len(wave) if within[1] is None else min(round(within[1] * rate_hz), len(wave))
    size, hop = round(WINDOW_SECONDS * rate_hz), round(HOP_SECONDS * rate_hz)
    whole = begin / rate_hz, stop / rate_hz
    if stop - begin < size:
        ends = _without_quiet_ends(wave, rate_hz, begin, stop)
        doubt = f"It is shorter than {WINDOW_SECONDS:g} s, so only its quiet ends were looked for."
        return Stretch(ends[0] / rate_hz, ends[1] / rate_hz, doubt=doubt)
    starts = list(range(begin, stop - size + 1, hop))
    refusals: list[Refusal | None] = [
        _refusal(wave, rate_hz, start, size, reference, copied) for start in starts
    ]
    blocks = _block_refusals(refusals, size // hop)
    counted: Counter[Refusal] = Counter(reason for reason in blocks if reason is not None)
    refused: dict[Refusal, float] = {
        reason: count * HOP_SECONDS for reason, count in counted.most_common()
    }
    doubt = f"Mind: {LEVEL_UNKNOWN}." if reference is None else ""
    for first, last in _runs(blocks):
        # The last block includes the rest that is shorter than a hop.
        end = stop if last == len(blocks) else begin + last * hop
        ends = _without_bad_ends(wave, rate_hz, begin + first * hop, end, reference)
        ends = _without_quiet_ends(wave, rate_hz, *ends)
        if ends[1] - ends[0] >= SHORTEST_SECONDS * rate_hz:
            return Stretch(ends[0] / rate_hz, ends[1] / rate_hz, refused, doubt)
    return Stretch(*whole, refused, "Every stretch of it has a fault, so nothing is cut.")


def _refusal(
    wave: Wave,
    rate_hz: int,
    start: int,
    size: int,
    reference: HealthReference | None,
    copied: Sequence[tuple[float, float]],
) -> Refusal | None:
    """Return why a window is refused; None if it is not."""
    begin, end = start / rate_hz, (start + size) / rate_hz
    if any(begin < last and first < end for first, last in copied):
        return "copied"
    verdict = verdict_of(np.asarray(wave[start : start + size]), rate_hz, reference).verdict
    # Samples that are not numbers count as clipped: they cannot be played either.
    if verdict is None:
        return "clipped"
    return None if verdict == "ok" else verdict


def _block_refusals(refusals: Sequence[Refusal | None], hops: int) -> list[Refusal | None]:
    """Return why each half second is cut off; None if it is kept.

    A half second is kept if it lies in an accepted window and in no window that is frozen or loops.
    Such a window is frozen or loops throughout, whereas a noisy window may be half music.

    Args:
        refusals: of each of N windows, one hop apart.
        hops: number of hops in a window.
    """
    refusals_around: list[Refusal | None] = []
    for block in range(len(refusals) + hops - 1):
        around = refusals[max(block - hops + 1, 0) : block + 1]
        reasons: Counter[Refusal] = Counter(refusal for refusal in around if refusal is not None)
        steady: list[Refusal] = [reason for reason in reasons if reason in STEADY_FAULTS]
        if steady:
            refusals_around.append(steady[0])
        else:
            refusals_around.append(None if None in around else reasons.most_common(1)[0][0])
    return refusals_around


def _runs(blocks: Sequence[Refusal | None]) -> list[tuple[int, int]]:
    """Return the first block and the end of each kept run, the longest run first."""
    runs: list[tuple[int, int]] = []
    for is_kept, run in itertools.groupby(range(len(blocks)), lambda at: blocks[at] is None):
        if is_kept:
            places = list(run)
            runs.append((places[0], places[-1] + 1))
    return sorted(runs, key=lambda run: (run[0] - run[1], run[0]))


def _without_bad_ends(
    wave: Wave, rate_hz: int, start: int, end: int, reference: HealthReference | None
) -> tuple[int, int]:
    """Cut silent, noisy and clipped ends off the span, half a second at a time."""
    edge, hop = round(EDGE_SECONDS * rate_hz), round(HOP_SECONDS * rate_hz)

    def is_bad(first: int) -> bool:
        piece = np.asarray(wave[first : first + edge])
        return verdict_of(piece, rate_hz, reference).verdict in EDGE_FAULTS

    while end - start >= 2 * edge and is_bad(start):
        start += hop
    while end - start >= 2 * edge and is_bad(end - edge):
        end -= hop
    return start, end


def _without_quiet_ends(wave: Wave, rate_hz: int, start: int, end: int) -> tuple[int, int]:
    """Cut off ends of the span that are quiet relative to its loudest moment."""
    size = max(1, round(LEVEL_SECONDS * rate_hz))
    piece = size * round(_PIECE_SECONDS / LEVEL_SECONDS)
    powers: list[NDArray[np.float64]] = []
    for first in range(start, end, piece):
        part = np.asarray(wave[first : min(first + piece, end)], np.float64)
        part = np.nan_to_num(part[: len(part) // size * size], posinf=0.0, neginf=0.0)
        powers.append(np.square(part).reshape(-1, size).mean(axis=1))
    power = np.concatenate([np.empty(0), *powers])
    if not len(power) or not power.max():
        return start, end
    loud = np.flatnonzero(power > power.max() * 10 ** (-QUIET_DB / 10))
    first = start + int(loud[0]) * size
    last = end if loud[-1] == len(power) - 1 else start + (int(loud[-1]) + 1) * size
    return (first, last) if last - first >= SHORTEST_SECONDS * rate_hz else (start, end)


def _said(lead: str, parts: Sequence[str]) -> str:
    return f"{lead}{', '.join(parts)}." if parts else ""
