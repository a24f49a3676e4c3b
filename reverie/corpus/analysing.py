"""Analyse the files of a corpus that are new or changed, in processes, and store their samples."""

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reverie.corpus.analysis import Analysed
from reverie.corpus.discover import Discovery, Found
from reverie.corpus.journal import Entry, Journal
from reverie.corpus.music import Music
from reverie.corpus.place import TEMPORARY
from reverie.corpus.pool import Job, Pool
from reverie.corpus.settings import ResolvedSettings
from reverie.corpus.shards import SAMPLE_BYTES, Shards, shard_path
from reverie.corpus.unchanged import Stored, unknown_files
from reverie.errors import ReverieError
from reverie.progress import ProgressBar
from reverie.records import as_record
from reverie.storage import clear_disk_errors


def analyse_new(
    music: Music,
    discovery: Discovery,
    journal: Journal,
    settings: ResolvedSettings,
    on_whole_shard: Callable[[Path], object],
    *,
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
        processes: number of files to decode at once; all cores if None.
        quiet: show no progress.

    Raises:
        ReverieError: the disk is full, or the store of the recordings does not answer.
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
    if not new:
        return
    # Start with the largest files, so that the processes end at about the same time.
    new.sort(key=lambda one: (-one.bytes, one.path))
    shards = Shards(journal.folder, settings.shard_megabytes << 20)
    with (
        _temporary(journal.folder) as folder,
        Pool(min(processes or _cores(), len(new))) as pool,
        ProgressBar("Preparing", len(new), "recordings", quiet=quiet) as work,
    ):
        jobs = _jobs(music, new, folder, settings, journal, work)
        for job, answer in pool.run(jobs):
            file, before = new[job.number], shards.number
            if "storage" in answer:
                raise ReverieError(
                    f"cannot write to {journal.folder}: {answer['storage'].lower()}.",
                    "Free some space or choose another folder; call again to resume.",
                )
            journal.add(_entry(file, job, answer, shards, stored))
            job.pcm.unlink(missing_ok=True)
            music.done(job.path)
            work.advance(note=file.path)
            for number in range(before, shards.number):
                on_whole_shard(shard_path(journal.folder, number))
    shards.flush()


def _jobs(
    music: Music,
    new: Sequence[Found],
    folder: Path,
    settings: ResolvedSettings,
    journal: Journal,
    work: ProgressBar,
) -> Iterator[Job]:
    """Yield a job for each new file once it is here; one that is gone by then is unusable."""
    for one in music.fetched(new):
        job = Job(one.number, one.path, folder / f"{one.number}.pcm", settings.rate_hz,
                  settings.channels, settings.keep_damaged, settings.normalise_dbfs)  # fmt: skip
        if one.problem:
            entry = dataclasses.replace(_begun(one.file, job), unusable=one.problem, lasting=False)
            journal.add(entry)
            work.advance(note=one.file.path)
        else:
            yield job


def _begun(file: Found, job: Job, source_hash: str = "") -> Entry:
    """Return the entry of a file without its result."""
    return Entry(
        path=file.path,
        bytes=file.bytes,
        mtime_ns=file.mtime_ns,
        changed_ns=file.changed_ns,
        inode=file.inode,
        source_hash=source_hash,
        rate_hz=job.rate_hz,
        channels=job.channels,
        keep_damaged=job.keep_damaged,
        normalise_dbfs=job.normalise_dbfs,
    )


def _entry(file: Found, job: Job, answer: dict[str, Any], shards: Shards, stored: Stored) -> Entry:
    entry = _begun(file, job, answer.get("source_hash", ""))
    if "unusable" in answer:
        return dataclasses.replace(entry, unusable=answer["unusable"], lasting=answer["lasting"])
    analysed = as_record(answer["analysed"], Analysed, f"what came of {file.path}")
    # The same samples may already be stored from another file.
    place = stored.find(analysed)
    if place is None:
        with job.pcm.open("rb") as samples:
            place = shards.append(samples, SAMPLE_BYTES * analysed.values)
        stored.add(analysed, place)
    return dataclasses.replace(entry, analysed=analysed, shard=place[0], offset_samples=place[1])


@contextmanager
def _temporary(out: Path) -> Generator[Path]:
    """Create a folder within `out` for samples that are not yet stored."""
    with clear_disk_errors(out):
        folder = Path(tempfile.mkdtemp(dir=out, prefix=TEMPORARY))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
