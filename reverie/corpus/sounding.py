"""Where the recordings of a corpus begin and end to sound, all at once.

Preparing finds it for the usual level. For another it is found when it is first asked for, and kept
with the corpus. Letters: N recordings.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from reverie.cached import Cached
from reverie.corpus.corpus import Corpus
from reverie.corpus.ends import BELOW_DB, find_ends
from reverie.corpus.recording import Count, Recording
from reverie.corpus.recordings import Recordings
from reverie.progress import ProgressBar
from reverie.records import RECORD

VERSION = 1
KEPT_FROM = 100
"""Recordings from which on it is kept: of few it is found in no time."""


@dataclass(frozen=True, config=RECORD)
class _Ends:
    """Where all recordings of a corpus begin and end to sound."""

    starts: tuple[Count, ...]
    ends: tuple[Count, ...]


def sounding(corpus: Corpus, recording: Recording, below_db: float) -> tuple[int, int]:
    """Return where a recording begins and ends to sound: its first sample, and that after its last.

    Args:
        corpus: it is of.
        recording: one.
        below_db: leave out ends that are so much softer than the whole recording, in units of
            tenths of a second; 0 leaves none out, and all is kept where nothing is louder.
    """
    if not below_db:
        return 0, recording.samples
    if below_db == BELOW_DB and recording.sounding_start is not None and recording.sounding_end:
        return recording.sounding_start, recording.sounding_end
    return find_ends(corpus.mono(recording), corpus.rate_hz, recording.rms_dbfs, below_db)


def all_sounding(
    corpus: Corpus, recordings: Recordings, below_db: float, *, quiet: bool = True
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return `sounding` of many recordings: first samples [N], and those after the last [N].

    Args:
        corpus: they are of.
        recordings: of it.
        below_db: as `sounding`.
        quiet: show no progress.

    Raises:
        ReverieError: it is not known yet, and samples are damaged.
    """
    samples = recordings.column("samples")
    if not below_db:
        return np.zeros_like(samples), samples
    starts, ends = recordings.column("sounding_start"), recordings.column("sounding_end")
    if below_db == BELOW_DB and (starts >= 0).all() and (ends >= 0).all():
        return starts, ends
    return _searched(corpus, recordings, below_db, quiet=quiet)


def _searched(
    corpus: Corpus, recordings: Recordings, below_db: float, *, quiet: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find where recordings sound, or read what was found before."""
    if len(corpus.recordings) < KEPT_FROM:
        found = _found(corpus, recordings, below_db, quiet=quiet)
        return found[0], found[1]
    path = corpus.folder / f"sounding-{below_db:g}.json"
    cached: Cached[_Ends] = Cached(path, _Ends, VERSION, corpus.content_hash)
    if kept := cached.read():
        every = np.array([kept.starts, kept.ends], np.int64)
        if every.shape[1] == len(corpus.recordings) and _is_possible(corpus, every):
            return every[0][recordings.numbers], every[1][recordings.numbers]
    every = _found(corpus, corpus.recordings, below_db, quiet=quiet)
    cached.write(_Ends(tuple(every[0].tolist()), tuple(every[1].tolist())))
    return every[0][recordings.numbers], every[1][recordings.numbers]


def _found(
    corpus: Corpus, recordings: Recordings, below_db: float, *, quiet: bool
) -> NDArray[np.int64]:
    found = np.empty((2, len(recordings)), np.int64)
    with ProgressBar("Looking for silence", len(recordings), "recordings", quiet=quiet) as work:
        for place, recording in enumerate(recordings):
            found[:, place] = sounding(corpus, recording, below_db)
            work.advance()
    return found


def _is_possible(corpus: Corpus, every: NDArray[np.int64]) -> bool:
    starts, ends = every
    return bool(((starts < ends) & (ends <= corpus.recordings.column("samples"))).all())
