"""Find held-out music that also occurs in training recordings and so spoils an evaluation.

Preparing a corpus refuses duplicates of whole recordings. The same piece can still occur in two
recordings, or in two parts of one performance that share a repeat.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reverie.audio.pcm import to_float32
from reverie.cached import Cached
from reverie.corpus.corpus import Corpus
from reverie.corpus.index import search_recordings, unmeasured_seconds
from reverie.records import PathText
from reverie.similarity.landmark_search import LandmarkMatch, LandmarkSearch
from reverie.similarity.part import Part

FILE, VERSION = "leaks.json", 2
EXCERPT_SECONDS = 10.0
FEWEST_PAIRS = 30
"""Fewer than one in a hundred excerpts of other, similar music match in so many pairs."""
REFERENCE_HZ = 16000
MEASURED_SECONDS = 8.0
"""To measure an hour of training music at that rate for the index; in proportion at others."""
HELD_OUT_SECONDS = 5.0
"""To find the pairs of an hour of held-out music, whatever its rate."""
LOOKED_UP_SECONDS = 1e-3
"""To look one excerpt up in an hour of the index."""
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


def known_leaks(corpus: Corpus, *, quiet: bool = False) -> list[Leak]:
    """Return the result of `find_leaks`, stored with the corpus for the next time.

    Raises:
        ReverieError: a shard is damaged.
    """
    return list(_cached(corpus).get(lambda: tuple(find_leaks(corpus, quiet=quiet))))


def kept_leaks(corpus: Corpus) -> list[Leak] | None:
    """Return what an earlier search found; None if it is damaged or there was none."""
    kept = _cached(corpus).read()
    return None if kept is None else list(kept)


def search_seconds(corpus: Corpus) -> float:
    """Estimate how long `known_leaks` takes on an idle machine; 0 where its result is kept.

    Music that is measured for the index already, by an earlier search or for clips that were
    judged, is only looked up in.
    """
    held_out, training = (corpus.of_split(split).seconds / 3600 for split in ("held-out", "train"))
    if not held_out or kept_leaks(corpus) is not None:
        return 0.0
    new = unmeasured_seconds(corpus, corpus.of_split("train")) / 3600
    excerpts = 3600 * held_out / EXCERPT_SECONDS
    return (
        MEASURED_SECONDS * corpus.rate_hz / REFERENCE_HZ * new
        + HELD_OUT_SECONDS * held_out
        + LOOKED_UP_SECONDS * excerpts * training
    )


def _cached(corpus: Corpus) -> Cached[tuple[Leak, ...]]:
    return Cached(corpus.folder / FILE, tuple[Leak, ...], VERSION, corpus.content_hash)


def find_leaks(corpus: Corpus, *, quiet: bool = False) -> list[Leak]:
    """Search the training recordings for held-out ones by landmarks; return the longest leaks
    first.

    Memory grows with the landmarks of the held-out music, not with the training recordings.
    """
    held_out, training = corpus.of_split("held-out"), corpus.of_split("train")
    size = round(EXCERPT_SECONDS * corpus.rate_hz)
    places = [
        (one, start)
        for one, samples in enumerate(held_out.column("samples").tolist())
        for start in range(0, max(samples - size // 2, 1), size)
    ]
    found: dict[tuple[int, int], list[int]] = {}
    parts = {one: held_out[one].part_of for one, _ in places}
    kinds = list(dict.fromkeys(parts.values()))
    searches = [
        _Search(
            corpus, [at for at, (one, _) in enumerate(places) if parts[one] == kind], places, kind
        )
        for kind in kinds
    ]
    search_recordings(corpus, searches, training, "searching", quiet=quiet)
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
                seconds=sum(min(size, held_out[one].samples - places[at][1]) for at in where)
                / corpus.rate_hz,
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
        corpus: of all recordings.
        chosen: the excerpts to search for, by their index among all.
        places: of all excerpts: the index of its held-out recording, and its first sample.
        origin: the divided recording that these come from; None for whole ones. The training part
            of the same recording is skipped, because music repeats itself.
    """

    def __init__(
        self,
        corpus: Corpus,
        chosen: Sequence[int],
        places: Sequence[tuple[int, int]],
        origin: str | None,
    ) -> None:
        self._places = chosen
        self._own = {
            place
            for place, one in enumerate(corpus.of_split("train") if origin is not None else ())
            if one.part_of == origin
        }
        held_out, size = corpus.of_split("held-out"), round(EXCERPT_SECONDS * corpus.rate_hz)
        where = (places[at] for at in chosen)
        self._search = LandmarkSearch(
            # Cut when they are looked at: all held-out music may be more than fits in memory.
            (to_float32(corpus.mono(held_out[one])[at : at + size]) for one, at in where),
            corpus.rate_hz,
            least_pairs=FEWEST_PAIRS,
            most_repeats=MOST_REPEATS,
        )

    def look_up(self, part: Part, numbers: Sequence[int]) -> None:
        """Compare the excerpts with a part of the training recordings."""
        self._search.look_up(part, [-1 if one in self._own else one for one in numbers])

    def settle(self) -> None:
        """Do nothing: all was compared when it was looked up."""

    def best(self) -> list[tuple[int, LandmarkMatch]]:
        """Return each excerpt's index among all and its best match."""
        return list(zip(self._places, self._search.best(), strict=True))
