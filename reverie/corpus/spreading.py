"""Spread recordings over the nodes of a cluster, and take over what they have prepared.

Each node appends to shards and a journal of its own, so that nothing of one waits for another.
Where in the shards a recording lies depends on who was done when, as on one machine; nothing that
reads a corpus sees it.
"""

import contextlib
import dataclasses
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from reverie.corpus.discover import Found
from reverie.corpus.journal import NAME, Entry, Journal
from reverie.corpus.music import Music
from reverie.corpus.place import PORTIONS
from reverie.corpus.portion import Portion, Prepared, prepare_portion
from reverie.corpus.settings import ResolvedSettings
from reverie.corpus.shards import shard_path
from reverie.corpus.unchanged import Stored
from reverie.errors import ReverieError
from reverie.execution.cluster import RayExecutor
from reverie.execution.node import wait_until_free
from reverie.execution.task import Done, Task, do_all
from reverie.progress import ProgressBar
from reverie.storage import clear_disk_errors, only_one

MOST_DECODERS = 4
"""Of one portion, if nothing is said: a node with more processors prepares several portions."""
EACH = 4
"""Portions for each that is prepared at once, so that all nodes end at about the same time."""
MOST_FILES = 256
"""Of a portion, so that progress shows."""
GO_ON = "What was prepared is kept; call again to go on."


def spread(
    cluster: RayExecutor,
    music: Music,
    files: Sequence[Found],
    journal: Journal,
    stored: Stored,
    settings: ResolvedSettings,
    on_whole_shard: Callable[[Path], object],
    work: ProgressBar,
    *,
    decoders: int | None,
) -> list[Found]:
    """Prepare files on the nodes of a cluster, and note them in the journal of the corpus.

    Args:
        cluster: the nodes.
        music: the recordings.
        files: of them, the largest first.
        journal: of the corpus.
        stored: the samples of the corpus.
        settings: of the corpus.
        on_whole_shard: called with the path of each shard to which nothing more will be appended.
        work: is told of each portion that is done.
        decoders: files of a portion that are decoded at once.

    Returns:
        The files that are gone, for the nodes and for this machine.

    Raises:
        ReverieError: a node does not see a file that this machine sees, or cannot do its work.
    """
    nodes = cluster.processors or [1]
    each = decoders or min(MOST_DECODERS, *nodes)
    at_once = max(sum(size // each for size in nodes), 1)
    waiting = _portions(music, files, journal.folder, settings, at_once, each)
    gone: list[Found] = []

    def then(done: Done) -> list[Task]:
        portion: Portion = done.task.arguments[0]
        if done.failed:
            raise ReverieError(f"{done.task.name} was not prepared: {done.failed}", GO_ON)
        prepared: Prepared = done.value
        _require_unseen(music, prepared)
        gone.extend(prepared.unseen)
        entries = _take_over(portion.folder, journal, stored)
        _require_all(portion, prepared, {entry.path for entry in entries})
        for number in sorted({entry.shard for entry in entries if entry.analysed}):
            on_whole_shard(shard_path(journal.folder, number))
        work.advance(len(portion.files) - len(prepared.unseen), portion.files[0].path)
        return list(islice(waiting, 1))

    do_all(cluster, islice(waiting, EACH * at_once), then)
    _remove_empty(journal.folder)
    return gone


def take_over_left(journal: Journal) -> None:
    """Note in the journal of a corpus what nodes have prepared for a process that was ended.

    A node that still writes is waited for.

    Raises:
        ReverieError: one writes for minutes, or the disk refuses.
    """
    left = sorted(path for path in (journal.folder / PORTIONS).glob("*") if path.is_dir())
    if not left:
        return
    stored = Stored(journal)
    for folder in left:
        wait_until_free(folder)
        _take_over(folder, journal, stored)
    _remove_empty(journal.folder)


def _portions(
    music: Music,
    files: Sequence[Found],
    out: Path,
    settings: ResolvedSettings,
    at_once: int,
    decoders: int,
) -> Iterator[Task]:
    """Yield the portions, each of files of all sizes, so that they take equally long."""
    count = max(-(-len(files) // MOST_FILES), min(len(files), EACH * at_once))
    for number in range(count):
        some = tuple(files[number::count])
        portion = Portion(number, out.resolve(), music.source, some, music.entries(some),
                          settings, decoders)  # fmt: skip
        name = f"portion {number + 1} of {count}"
        yield Task(name, prepare_portion, (portion,), decoders, holds=portion.folder)


def _take_over(folder: Path, journal: Journal, stored: Stored) -> list[Entry]:
    """Note in the journal of a corpus what that of a portion tells, which is removed then."""
    with only_one(folder):
        noted = Journal(journal.folder, folder).entries.values()
        entries = [_placed(entry, stored) for entry in noted]
        if entries:
            journal.add(*entries)
            journal.flush()
        with clear_disk_errors(folder):
            (folder / NAME).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    return entries


def _placed(entry: Entry, stored: Stored) -> Entry:
    """Return an entry with the place of its samples, which another node may have stored before."""
    if entry.analysed is None:
        return entry
    place = stored.find(entry.analysed)
    if place is None:
        stored.add(entry.analysed, (entry.shard, entry.offset_samples))
        return entry
    return dataclasses.replace(entry, shard=place[0], offset_samples=place[1])


def _remove_empty(out: Path) -> None:
    with contextlib.suppress(OSError):
        (out / PORTIONS).rmdir()


def _require_unseen(music: Music, prepared: Prepared) -> None:
    """Refuse a node that does not see what is there for this machine."""
    for file in prepared.unseen:
        if music.sees(file):
            raise ReverieError(
                f"the node {prepared.node} does not see {file.path} in {music.source}.",
                "Put the recordings on a disk that all nodes have under the same path, or at an "
                "URL that all reach.",
            )


def _require_all(portion: Portion, prepared: Prepared, noted: set[str]) -> None:
    """Refuse a disk that does not show here what a node has written to it."""
    expected = {one.path for one in portion.files} - {one.path for one in prepared.unseen}
    if missing := sorted(expected - noted):
        raise ReverieError(
            f"{portion.out} does not show what the node {prepared.node} wrote of {missing[0]}.",
            f"Put the corpus on a disk that all nodes share. {GO_ON}",
        )
