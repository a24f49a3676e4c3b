"""Any recording as mono samples at one rate."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from reverie.audio.reading.mixing import Samples
from reverie.audio.reading.source import PLAIN, Reading, Source, Unreadable
from reverie.audio.resample import Resampler
from reverie.errors import ReverieError

MOST_PASSES = 5
"""One pass finds FLACs joined in one, two find channels that cancel; one to spare."""


def decode(path: Path, rate_hz: int, reading: Reading | None = None) -> Iterator[Samples]:
    """Decode a recording in pieces; memory does not grow with its length.

    The encoder's delay and padding are removed where the container tells them. What cannot be
    decoded in a damaged file is left out: `reverie prepare` is what refuses such files.

    Args:
        path: the recording.
        rate_hz: samples per second wanted.
        reading: how, as `best_reading` found; it is called for if None.

    Yields:
        float32 [n], n > 0, the channels mixed as `mixing` says, full scale at 1.

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
    """How to read a file so that nothing is lost: passes over it until nothing is.

    Raises:
        Unreadable: nothing can be decoded.
    """
    reading = PLAIN
    for _ in range(MOST_PASSES):
        with Source(path, reading) as source:
            # One channel cannot cancel another, and only FLACs hide what is joined to them.
            if source.channels == 1 and source.container != "flac" and source.n_recordings == 1:
                return reading
            for _block in source.blocks():
                pass
            better = source.better()
        if better == reading:
            break
        reading = better
    return reading
