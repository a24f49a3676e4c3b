"""Decode any recording to mono samples at one rate."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from reverie.audio.reading.mixing import Samples
from reverie.audio.reading.source import PLAIN, Reading, Source, Unreadable
from reverie.audio.resample import Resampler
from reverie.errors import ReverieError

MOST_PASSES = 5
"""One pass finds concatenated FLACs, two find channels that cancel, and the rest is a margin."""


def decode(path: Path, rate_hz: int, reading: Reading | None = None) -> Iterator[Samples]:
    """Decode a recording in pieces; memory does not grow with its length.

    The encoder's delay and padding are removed if the container declares them. Undecodable parts of
    a damaged file are skipped; `reverie prepare` refuses such files.

    Args:
        path: the recording.
        rate_hz: samples per second of the result.
        reading: from `best_reading`, which is called if it is None.

    Yields:
        float32 [n], n > 0, mixed to mono as in `mixing.py`, full scale at 1.

    Raises:
        Unreadable: nothing can be decoded.
    """
    with Source(path, reading or best_reading(path)) as source:
        yield from resampled(source, rate_hz)


def resampled(source: Source, rate_hz: int) -> Iterator[Samples]:
    """Yield the rest of an opened `source` at `rate_hz`, as `decode` does."""
    resampler: Resampler | None = None
    for from_hz, block in source.blocks():
        if resampler is None or resampler.from_hz != from_hz:
            if resampler is not None:
                yield from resampler.finish()
            resampler = Resampler(from_hz, rate_hz)
        yield from resampler.add(block)
    if resampler is not None:
        yield from resampler.finish()


def load(path: Path, rate_hz: int) -> Samples:
    """Decode a whole recording to float32 [n], mono at `rate_hz`.

    Raises:
        ReverieError: the file cannot be decoded, or holds no samples.
    """
    try:
        pieces = list(decode(path, rate_hz))
    except Unreadable as error:
        raise ReverieError(
            f"{path} cannot be used: {error}.", "Give a recording that plays elsewhere."
        ) from error
    if not pieces:
        raise ReverieError(f"{path} holds no samples.", "Give a recording that plays elsewhere.")
    return np.concatenate(pieces)


def best_reading(path: Path) -> Reading:
    """Find how to read a file so that nothing is lost, by repeated passes over it.

    Raises:
        Unreadable: nothing can be decoded.
    """
    reading = PLAIN
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
