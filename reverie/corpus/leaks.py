"""Held-out music that is in the training recordings too: the most common way a test is spoilt.

Duplicates of whole recordings are refused when a corpus is prepared. What is left is a piece in
two recordings, or one performance cut in two whose parts share a repeat.
"""

import contextlib
import dataclasses
from dataclasses import dataclass

import numpy as np
from pydantic.dataclasses import dataclass as pydantic_dataclass

from reverie.audio.pcm import to_float32
from reverie.corpus.corpus import Corpus
from reverie.corpus.excerpts import hear_training
from reverie.errors import ReverieError
from reverie.records import RECORD, PathText, read_record
from reverie.similarity.landmarks import LandmarkSearch
from reverie.storage import write_json

FILE, VERSION = "leaks.json", 2
EXCERPT_SECONDS = 10.0
FEWEST_PAIRS = 30
"""Of excerpts of other music of the same kind, hardly one in a hundred has so many."""
MOST_REPEATS = 2
"""What one excerpt has more often, such as a metronome, other recordings have too."""


@dataclass(frozen=True)
class Leak:
    """A held-out recording, and the training recording that has some of the same music."""

    held_out: PathText
    training: PathText
    seconds: float
    """How much of the held-out recording is found again, in excerpts of ten seconds."""
    held_out_offset_seconds: float
    training_offset_seconds: float
    """Where the strongest likeness is."""


@pydantic_dataclass(frozen=True, config=RECORD)
class _Kept:
    """What an earlier search found, as it lies beside a corpus."""

    version: int
    corpus_hash: str
    leaks: tuple[Leak, ...]


def known_leaks(corpus: Corpus, *, quiet: bool = False) -> list[Leak]:
    """What `find_leaks` finds, kept with the corpus for the next time.

    Raises:
        ReverieError: a shard is damaged.
    """
    path = corpus.folder / FILE
    # What is damaged, or of another version, is searched for again.
    with contextlib.suppress(ReverieError):
        kept = read_record(path, _Kept, "what leaks")
        if (kept.version, kept.corpus_hash) == (VERSION, corpus.content_hash):
            return list(kept.leaks)
    found = find_leaks(corpus, quiet=quiet)
    about = {"version": VERSION, "corpus_hash": corpus.content_hash}
    # A corpus on a disk that cannot be written is searched again each time.
    with contextlib.suppress(ReverieError):
        write_json(path, about | {"leaks": [dataclasses.asdict(one) for one in found]})
    return found


def find_leaks(corpus: Corpus, *, quiet: bool = False) -> list[Leak]:
    """Search the training recordings for each held-out one, by fingerprints; most first.

    Memory grows with the held-out music, not with the training recordings.
    """
    held_out, training = corpus.of_split("held-out"), corpus.of_split("train")
    size = round(EXCERPT_SECONDS * corpus.rate_hz)
    places = [
        (one, start)
        for one, recording in enumerate(held_out)
        for start in range(0, max(recording.samples - size // 2, 1), size)
    ]
    waves = [to_float32(corpus.pcm(held_out[one])[start : start + size]) for one, start in places]
    search = LandmarkSearch(
        waves, corpus.rate_hz, least_pairs=FEWEST_PAIRS, most_repeats=MOST_REPEATS
    )
    hear_training([search], corpus, "searching", quiet=quiet)
    found: dict[tuple[int, int], list[int]] = {}
    matches = search.best()
    for at, match in enumerate(matches):
        if match.pairs:
            found.setdefault((places[at][0], match.recording), []).append(at)
    leaks: list[Leak] = []
    for (one, other), where in found.items():
        strongest = where[int(np.argmax([matches[at].pairs for at in where]))]
        leaks.append(
            Leak(
                held_out=held_out[one].path,
                training=training[other].path,
                seconds=sum(len(waves[at]) for at in where) / corpus.rate_hz,
                held_out_offset_seconds=places[strongest][1] / corpus.rate_hz
                + matches[strongest].clip_seconds,
                training_offset_seconds=matches[strongest].offset_seconds,
            )
        )
    return sorted(leaks, key=lambda leak: (-leak.seconds, leak.held_out, leak.training))
