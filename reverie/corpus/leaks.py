"""Find held-out music that also occurs in training recordings and so spoils an evaluation.

Preparing a corpus refuses duplicates of whole recordings. The same piece can still occur in two
recordings, or in two parts of one performance that share a repeat.
"""

import contextlib
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass as pydantic_dataclass

from reverie.audio.pcm import to_float32
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.records import RECORD, PathText, read_record
from reverie.similarity.landmarks import LandmarkMatch, LandmarkSearch
from reverie.similarity.stream import stream_past
from reverie.storage import write_json

FILE, VERSION = "leaks.json", 2
EXCERPT_SECONDS = 10.0
FEWEST_PAIRS = 30
"""Fewer than one in a hundred excerpts of other, similar music match in so many pairs."""
MOST_REPEATS = 2
"""A pair that one excerpt has more often, such as a metronome's, occurs in other recordings too."""


@dataclass(frozen=True)
class Leak:
    """A held-out recording and a training recording that share music."""

    held_out: PathText
    training: PathText
    seconds: float
    """How much of the held-out recording was found, in excerpts of ten seconds."""
    held_out_offset_seconds: float
    training_offset_seconds: float
    """Where the strongest match lies."""


@pydantic_dataclass(frozen=True, config=RECORD)
class _Kept:
    """The result of an earlier search, as stored with a corpus."""

    version: int
    corpus_hash: str
    leaks: tuple[Leak, ...]


def known_leaks(corpus: Corpus, *, quiet: bool = False) -> list[Leak]:
    """Return the result of `find_leaks`, stored with the corpus for the next time.

    Raises:
        ReverieError: a shard is damaged.
    """
    path = corpus.folder / FILE
    # If the stored result is damaged or of another version, search again.
    with contextlib.suppress(ReverieError):
        kept = read_record(path, _Kept, "what leaks")
        if (kept.version, kept.corpus_hash) == (VERSION, corpus.content_hash):
            return list(kept.leaks)
    leaks = find_leaks(corpus, quiet=quiet)
    about = {"version": VERSION, "corpus_hash": corpus.content_hash}
    # On a read-only disk the search is repeated each time.
    with contextlib.suppress(ReverieError):
        write_json(path, about | {"leaks": [dataclasses.asdict(leak) for leak in leaks]})
    return leaks


def find_leaks(corpus: Corpus, *, quiet: bool = False) -> list[Leak]:
    """Search the training recordings for held-out ones by landmarks; return the longest leaks
    first.

    Memory grows with the held-out music, not with the training recordings.
    """
    held_out, training = corpus.of_split("held-out"), corpus.of_split("train")
    size = round(EXCERPT_SECONDS * corpus.rate_hz)
    places = [
        (one, start)
        for one, recording in enumerate(held_out)
        for start in range(0, max(recording.samples - size // 2, 1), size)
    ]
    found: dict[tuple[int, int], list[int]] = {}
    waves = [to_float32(corpus.pcm(held_out[one])[start : start + size]) for one, start in places]
    origins = [held_out[one].part_of for one, _ in places]
    kinds = list(dict.fromkeys(origins))
    searches = [_Search(waves, origins, kind, corpus) for kind in kinds]
    stream_past(searches, corpus, training, "searching", quiet=quiet)
    matches = [LandmarkMatch()] * len(places)
    for search in searches:
        for at, match in search.best():
            matches[at] = match
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


class _Search:
    """A search for excerpts of one divided recording, or of all whole recordings, in training
    music.

    Args:
        waves: all excerpts.
        origins: the divided recording that each excerpt comes from; None for a whole one.
        origin: search for the excerpts of this origin. The training part of the same recording is
            skipped, because music repeats itself.
        corpus: of all recordings.
    """

    def __init__(
        self,
        waves: Sequence[NDArray[np.float32]],
        origins: Sequence[str | None],
        origin: str | None,
        corpus: Corpus,
    ) -> None:
        self._places = [at for at, one in enumerate(origins) if one == origin]
        self._own = {
            place
            for place, one in enumerate(corpus.of_split("train"))
            if origin is not None and one.part_of == origin
        }
        self._search = LandmarkSearch(
            [waves[at] for at in self._places],
            corpus.rate_hz,
            least_pairs=FEWEST_PAIRS,
            most_repeats=MOST_REPEATS,
        )

    def consume(self, recording: int, start_seconds: float, wave: NDArray[np.float32]) -> None:
        """Compare the excerpts with a piece of a training recording."""
        if recording not in self._own:
            self._search.consume(recording, start_seconds, wave)

    def best(self) -> list[tuple[int, LandmarkMatch]]:
        """Return each excerpt's index among all and its best match."""
        return list(zip(self._places, self._search.best(), strict=True))
