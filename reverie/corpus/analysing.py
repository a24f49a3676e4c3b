"""Analyse the files of a corpus that are new or changed, here or over the nodes of a cluster."""

from collections.abc import Callable, Sequence
from pathlib import Path

from reverie.corpus.decoding import decode
from reverie.corpus.discover import Discovery, Found
from reverie.corpus.journal import Journal
from reverie.corpus.music import Music
from reverie.corpus.settings import ResolvedSettings
from reverie.corpus.shards import Shards, shard_path
from reverie.corpus.spreading import spread
from reverie.corpus.unchanged import Stored, unknown_files
from reverie.execution.cluster import RayExecutor
from reverie.progress import ProgressBar


def analyse_new(
    music: Music,
    discovery: Discovery,
    journal: Journal,
    settings: ResolvedSettings,
    on_whole_shard: Callable[[Path], object],
    *,
    cluster: RayExecutor | None,
    processes: int | None,
    quiet: bool,
) -> None:
    """Bring the journal of a corpus up to date with every file found.

    Args:
        music: the recordings.
        discovery: what was found of them.
        journal: of the corpus.
        settings: of the corpus.
        on_whole_shard: called with the path of each shard to which nothing more will be appended.
        cluster: its nodes decode; this machine if None.
        processes: number of files to decode at once; all cores if None. Of a cluster: in each piece
            of work.
        quiet: show no progress.

    Raises:
        ReverieError: the disk is full, the store of the recordings does not answer, or a node
            cannot do its work.
    """
    stored = Stored(journal)
    new = unknown_files(
        music,
        discovery.files,
        journal,
        stored,
        settings,
        quiet=quiet,
    )
    # Start with the largest files, so that the processes end at about the same time.
    new.sort(key=lambda one: (-one.bytes, one.path))
    with ProgressBar("Preparing", len(new), "recordings", quiet=quiet or not new) as work:
        if cluster is not None and new:
            # What no node finds, and this machine does not either, is told of as on one machine.
            new = spread(cluster, music, new, journal, stored, settings, on_whole_shard, work,
                         decoders=processes)  # fmt: skip
        if new:
            _analyse_here(music, new, journal, stored, settings, on_whole_shard, work, processes)


def _analyse_here(
    music: Music,
    files: Sequence[Found],
    journal: Journal,
    stored: Stored,
    settings: ResolvedSettings,
    on_whole_shard: Callable[[Path], object],
    work: ProgressBar,
    processes: int | None,
) -> None:
    shards = Shards(journal.folder, settings.shard_megabytes << 20)
    whole = shards.number

    def then(file: Found) -> None:
        nonlocal whole
        work.advance(note=file.path)
        for number in range(whole, shards.number):
            on_whole_shard(shard_path(journal.folder, number))
        whole = shards.number

    decode(music, files, journal, shards, stored, settings, then,
           scratch=journal.folder, processes=processes)  # fmt: skip
    shards.flush()
