"""Decode any recording to samples of one or two channels at one rate."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from reverie.audio.reading.mixing import Samples
from reverie.audio.reading.source import Reading, Source, Unreadable
from reverie.audio.resample import Resampler
from reverie.errors import ReverieError

HIGHEST_PEAK = 1e12
"""Whole numbers of 32 bits, written as floats, are far below, and squares of this far from the
largest float."""
MOST_PASSES = 5
"""One pass finds concatenated FLACs, two find channels that cancel, and the rest is a margin."""


def decode(
    path: Path, rate_hz: int, channels: int = 1, reading: Reading | None = None
) -> Iterator[Samples]:
    """Decode a recording in pieces; memory does not grow with its length.

    The encoder's delay and padding are removed if the container declares them. Undecodable parts of
    a damaged file are skipped; `reverie prepare` refuses such files.

    Args:
        path: the recording.
        rate_hz: samples per second of the result.
        channels: 1 mixes to mono as in `mixing.py`; 2 keeps two channels where the file has more
            than one.
        reading: from `best_reading`, which is called if it is None, for as many channels.

    Yields:
        float32 [C, n], n > 0, finite, full scale at 1; C is the same for all.

    Raises:
        Unreadable: nothing can be decoded, or samples are not numbers.
    """
    with Source(path, reading or best_reading(path, channels)) as source:
        yield from resampled(source, rate_hz)


def resampled(source: Source, rate_hz: int) -> Iterator[Samples]:
    """Yield the rest of an opened `source` at `rate_hz`, as `decode` does.

    Raises:
        Unreadable: as `decode`.
    """
    for samples in _resampled(source, rate_hz):
        peak = float(np.abs(samples).max(initial=0))
        if not math.isfinite(peak):
            raise Unreadable("holds samples that are not numbers (NaN or infinite)")
        if peak > HIGHEST_PEAK:
            raise Unreadable(f"its samples go to {peak:.3g} times full scale: not sound")
        yield samples


def _resampled(source: Source, rate_hz: int) -> Iterator[Samples]:
    resampler: Resampler | None = None
    for from_hz, block in source.blocks():
        if resampler is None or resampler.from_hz != from_hz:
            if resampler is not None:
                yield from resampler.finish()
            resampler = Resampler(from_hz, rate_hz, len(block))
        yield from resampler.add(block)
    if resampler is not None:
        yield from resampler.finish()


def load(path: Path, rate_hz: int, channels: int = 1) -> Samples:
    """Decode a whole recording to float32 [C, n] at `rate_hz`; channels as of `decode`.

    Raises:
        ReverieError: the file cannot be decoded, or holds no samples.
    """
    try:
        pieces = list(decode(path, rate_hz, channels))
    except Unreadable as error:
        raise ReverieError(
            f"{path} cannot be used: {error}.", "Give a recording that plays elsewhere."
        ) from error
    if not pieces:
        raise ReverieError(f"{path} holds no samples.", "Give a recording that plays elsewhere.")
    return np.concatenate(pieces, axis=1)


def cut(pieces: Iterator[Samples], start: int, count: int) -> list[Samples]:
    """Return the pieces [C, any] of a stretch of a recording, and decode no more.

    Args:
        pieces: of the recording, [C, n] each.
        start: first sample of the stretch.
        count: its samples; fewer come where the recording ends.
    """
    kept: list[Samples] = []
    at = 0
    for piece in pieces:
        length = piece.shape[1]
        first, last = max(start - at, 0), min(start + count - at, length)
        if first < last:
            kept.append(piece[:, first:last].copy())
        at += length
        if at >= start + count:
            break
    return kept


def best_reading(path: Path, channels: int = 1) -> Reading:
    """Find how to read a file so that nothing is lost, by repeated passes over it.

    Args:
        path: the recording.
        channels: wanted at most, 1 or 2.

    Raises:
        Unreadable: nothing can be decoded.
    """
    reading = Reading(channels)
    for _ in range(MOST_PASSES):
        with Source(path, reading) as source:
            # A single channel cannot cancel, and only a FLAC hides what is appended to it.
            if source.channels == 1 and source.container != "flac" and source.n_recordings == 1:
                return reading
            for _block in source.blocks():
                pass
            better = source.better()
        if better == reading:
            break
        reading = better
    return reading
