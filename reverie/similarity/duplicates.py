"""Find recordings that occur twice: bit for bit, or in another encoding.

A nearest-neighbour search over fingerprints proposes a few candidates for each recording, so the
work grows with the number of recordings and not of pairs. A comparison of their samples decides.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32
from reverie.audio.stft import Wave
from reverie.progress import ProgressBar
from reverie.similarity.compared import FILE, Compared
from reverie.similarity.fingerprint import Fingerprinter, numbers
from reverie.similarity.same_recording import LONGER_SECONDS, sounds_the_same

NEAREST = 6
"""How many of the nearest fingerprints are compared: another encoding is almost always among
them."""
FARTHEST = 14.0
"""Fingerprints farther apart than this belong to different recordings."""
AT_ONCE = 200
"""Recordings looked up in one query, between two reports of progress."""


@dataclass(frozen=True)
class Candidate:
    """A recording that may repeat another; `wave` returns its mono mix [S]."""

    path: str
    content_hash: str
    fingerprint: str
    samples: int
    wave: Callable[[], Wave]


def find_duplicates(
    candidates: Sequence[Candidate],
    rate_hz: int,
    *,
    kept: Path | None = None,
    quiet: bool = False,
) -> dict[str, str]:
    """Find which recordings repeat another one.

    Args:
        candidates: sorted by path.
        rate_hz: of them all.
        kept: the folder whose `duplicates.json` stores the verdicts for the next time.
        quiet: show no progress.

    Returns:
        The path of each duplicate to that of the recording it repeats: the first by path.
    """
    same: dict[str, str] = {}
    first: dict[str, str] = {}
    single: list[Candidate] = []
    for one in candidates:
        original = first.setdefault(one.content_hash, one.path)
        if original == one.path:
            single.append(one)
        else:
            same[one.path] = original
    hashes = [one.content_hash for one in single]
    known = Compared(hashes) if kept is None else Compared.read(kept / FILE, hashes)
    if not known.complete:
        try:
            _compare(single, rate_hz, known, same, quiet=quiet)
            known.complete = True
        finally:
            if kept is not None:
                known.keep(kept / FILE)
    for one, other in known.same():
        _join(first[one], first[other], same)
    return {path: _root(path, same) for path in same}


def _root(path: str, same: dict[str, str]) -> str:
    while path in same:
        path = same[path]
    return path


def _join(first: str, second: str, same: dict[str, str]) -> None:
    kept, dropped = sorted([_root(first, same), _root(second, same)])
    if kept != dropped:
        same[dropped] = kept


def _compare(
    candidates: Sequence[Candidate],
    rate_hz: int,
    known: Compared,
    same: dict[str, str],
    *,
    quiet: bool,
) -> None:
    """Compare the samples of every candidate pair that has no verdict yet."""
    joined = dict(same)
    rest, before = list(candidates), 0
    # A recording's nearest may all be known copies of it: search again among the others.
    while len(rest) != before:
        before = len(rest)
        with ProgressBar("Looking for duplicates", before, "recordings", quiet=quiet) as work:
            for done, pairs in _near(rest, rate_hz):
                for one, other in pairs:
                    if _root(one.path, joined) == _root(other.path, joined):
                        continue
                    verdict = known.verdict(one.content_hash, other.content_hash)
                    if verdict is None:
                        verdict = sounds_the_same(one.wave(), other.wave(), rate_hz)
                        known.add(one.content_hash, other.content_hash, same=verdict)
                    if verdict:
                        _join(one.path, other.path, joined)
                work.advance(done)
        rest = [one for one in rest if one.path not in joined]


def _near(
    candidates: Sequence[Candidate], rate_hz: int
) -> Iterator[tuple[int, list[tuple[Candidate, Candidate]]]]:
    """Yield candidate pairs with the number of recordings whose search they complete."""
    if len(candidates) < 2:
        return
    # Half a second to import, which all that opens a corpus would wait for.
    from scipy.spatial import KDTree  # noqa: PLC0415

    points = np.stack([_point(candidate, rate_hz) for candidate in candidates])
    tree = KDTree(points)
    seen: set[tuple[int, int]] = set()
    for start in range(0, len(points), AT_ONCE):
        piece = points[start : start + AT_ONCE]
        count = min(NEAREST + 1, len(points))
        _, neighbours = tree.query(piece, count, distance_upper_bound=FARTHEST)
        pairs: list[tuple[Candidate, Candidate]] = []
        for index, row in enumerate(cast(NDArray[np.int64], neighbours).tolist(), start):
            for other in row:
                pair = min(index, other), max(index, other)
                # A recording is its own neighbour; the index after the last means no neighbour.
                if other in (index, len(points)) or pair in seen:
                    continue
                seen.add(pair)
                pairs.append((candidates[pair[0]], candidates[pair[1]]))
        yield len(piece), pairs


def _point(candidate: Candidate, rate_hz: int) -> NDArray[np.float32]:
    """Return a recording's coordinates in the search: its fingerprint and its scaled length."""
    coordinates = numbers(candidate.fingerprint)
    if coordinates is None:
        # An older version made its fingerprint: compute it again.
        measure = Fingerprinter(rate_hz)
        measure.add(to_float32(candidate.wave()[:]))
        coordinates = numbers(measure.fingerprint())
        assert coordinates is not None
    length = candidate.samples / rate_hz / LONGER_SECONDS * FARTHEST
    return np.append(coordinates, np.float32(length))
