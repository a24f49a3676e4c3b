"""The index over the music of a corpus, by which clips are looked up in it.

It has a part for every few hours, made when recordings are first searched and kept in the corpus by
what is in it: so a search that was interrupted goes on with the part it was at, and recordings that
are added cost no more than they are. It may be deleted at any time.
"""

import contextlib
import hashlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol
from weakref import WeakKeyDictionary

from reverie.corpus.corpus import Corpus
from reverie.corpus.recording import Recording
from reverie.errors import ReverieError
from reverie.progress import ProgressBar
from reverie.similarity.part import (
    DamagedPartError,
    Part,
    measure,
    read_part,
    with_sketches,
    write_part,
)
from reverie.storage import own_folder, sweep

FOLDER = "index"
PART_SECONDS = 8 * 3600.0
"""Music in a part, at least, but for the last one; measuring so much takes about two minutes."""
ALL_SECONDS = 10 * 3600.0
"""Of so much music all windows are compared with clips, of more those that sketches propose."""

_opened: WeakKeyDictionary[Corpus, dict[Path, Part]] = WeakKeyDictionary()
"""Parts that were checked, by their folders."""


class Search(Protocol):
    """A search for clips in recordings."""

    def look_up(self, part: Part, numbers: Sequence[int]) -> None:
        """Compare every clip with the recordings of a part, which have these numbers."""
        ...

    def settle(self) -> None:
        """Compare what could not be compared before all parts were looked up."""
        ...


def search_recordings(
    corpus: Corpus,
    searches: Sequence[Search],
    recordings: Sequence[Recording],
    title: str,
    *,
    quiet: bool = False,
) -> None:
    """Have searches look their clips up in recordings.

    Args:
        corpus: of the recordings.
        searches: get each recording's place in `recordings` as its number.
        recordings: that are searched.
        title: of the progress bar.
        quiet: show no progress.

    Raises:
        ReverieError: a shard is damaged, or the folder of the index is a link.
    """
    distrusted: set[Path] = set()
    while True:
        try:
            _search(corpus, searches, recordings, title, distrusted, quiet=quiet)
        except DamagedPartError as error:
            # Made again, and not kept: a disk that damages it twice is not asked a third time.
            distrusted.add(error.folder)
            _opened.pop(corpus, None)
            shutil.rmtree(error.folder, ignore_errors=True)
        else:
            return


def unmeasured_seconds(corpus: Corpus, recordings: Sequence[Recording]) -> float:
    """How much of the recordings a search would have to measure before it looks anything up."""
    kept = corpus.folder / FOLDER
    if not kept.is_dir() or kept.is_symlink():
        return sum(one.seconds for one in recordings)
    groups = ([recordings[number] for number in numbers] for numbers in _groups(recordings))
    return sum(
        sum(one.seconds for one in group)
        for group in groups
        if not _folder(corpus, group)[0].is_dir()
    )


def _search(
    corpus: Corpus,
    searches: Sequence[Search],
    recordings: Sequence[Recording],
    title: str,
    distrusted: set[Path],
    *,
    quiet: bool,
) -> None:
    if (corpus.folder / FOLDER).is_symlink():
        own_folder(corpus.folder / FOLDER)
    seconds = sum(one.seconds for one in recordings)
    used: set[Path] = set()
    made = False
    with ProgressBar(title, len(recordings), "training recordings", quiet=quiet) as work:
        for numbers in _groups(recordings):
            chosen = [recordings[number] for number in numbers]
            folder, depends_on = _folder(corpus, chosen)
            known = _opened.setdefault(corpus, {})
            before = work.done
            part = known.get(folder) or read_part(folder, corpus.rate_hz, depends_on)
            if part is None:
                part = measure(corpus, chosen, work)
                if folder not in distrusted:
                    part, made = _kept(folder, part, depends_on), True
            if seconds > ALL_SECONDS and part.sketches is None:
                part = with_sketches(part, depends_on)
            if part.folder is not None:
                known[folder] = part
            used.add(folder)
            for search in searches:
                search.look_up(part, numbers)
            work.advance(before + len(numbers) - work.done)
        for search in searches:
            search.settle()
    if made and len(recordings) == len(corpus.of_split("train")):
        _remove_others(corpus.folder / FOLDER, used)


def _kept(folder: Path, part: Part, depends_on: str) -> Part:
    """Keep a part, and return it as it is kept; on a disk that refuses, it stays in memory."""
    with contextlib.suppress(ReverieError):
        own_folder(folder.parent)
        write_part(folder, part, depends_on)
        return read_part(folder, part.rate_hz, depends_on) or part
    return part


def _groups(recordings: Sequence[Recording]) -> Iterator[list[int]]:
    """Yield the places of the recordings of each part, in the order in which they are stored."""
    stored = [(one.shard, one.offset_samples, one.seconds) for one in recordings]
    group: list[int] = []
    seconds = 0.0
    for number in sorted(range(len(stored)), key=stored.__getitem__):
        # A part ends with a shard, whose recordings stay what they are when others are added.
        if seconds >= PART_SECONDS and stored[number][0] != stored[group[-1]][0]:
            yield group
            group, seconds = [], 0.0
        group.append(number)
        seconds += stored[number][2]
    if group:
        yield group


def _folder(corpus: Corpus, recordings: Sequence[Recording]) -> tuple[Path, str]:
    """Return where the part with these recordings lies, and what it depends on."""
    told = [str(corpus.rate_hz), *(f"{one.content_hash}/{one.channels}" for one in recordings)]
    depends_on = hashlib.sha256(" ".join(told).encode()).hexdigest()
    return corpus.folder / FOLDER / depends_on[:32], depends_on


def _remove_others(folder: Path, used: set[Path]) -> None:
    """Remove parts of recordings that the corpus no longer has, or has otherwise."""
    with contextlib.suppress(OSError):
        sweep(folder, below=False)
        for path in folder.iterdir():
            if path not in used and path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
