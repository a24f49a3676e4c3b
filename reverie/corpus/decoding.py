"""Decode and check recordings in processes, and store their samples, whoever's they are to be."""

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reverie.corpus.analysis import Analysed
from reverie.corpus.discover import Found
from reverie.corpus.journal import Entry, Journal
from reverie.corpus.music import Music
from reverie.corpus.place import TEMPORARY
from reverie.corpus.pool import Job, Pool
from reverie.corpus.settings import ResolvedSettings
from reverie.corpus.shards import SAMPLE_BYTES, Shards
from reverie.corpus.unchanged import Stored
from reverie.errors import ReverieError
from reverie.records import as_record
from reverie.storage import clear_disk_errors


def decode(
    music: Music,
    files: Sequence[Found],
    journal: Journal,
    shards: Shards,
    stored: Stored,
    settings: ResolvedSettings,
    then: Callable[[Found], object],
    *,
    scratch: Path,
    processes: int | None,
) -> None:
    """Decode files, append their samples to shards, and note each in a journal.

    Args:
        music: the recordings.
        files: of them, in the order in which they are begun.
        journal: gets an entry for each.
        shards: get the samples.
        stored: the samples that are stored already, which are not stored again.
        settings: of the corpus.
        then: called with each file after it is noted.
        scratch: a folder for samples that are not yet stored.
        processes: number of files to decode at once; all cores if None.

    Raises:
        ReverieError: the disk is full, or the store of the recordings does not answer.
    """
    with (
        _temporary(scratch) as folder,
        Pool(min(processes or _cores(), len(files))) as pool,
    ):
        for job, answer in pool.run(_jobs(music, files, folder, settings, journal, then)):
            file = files[job.number]
            if "storage" in answer:
                raise ReverieError(
                    f"cannot write to {scratch}: {answer['storage'].lower()}.",
                    "Free some space or choose another folder; call again to resume.",
                )
            journal.add(_entry(file, job, answer, shards, stored))
            job.pcm.unlink(missing_ok=True)
            music.done(job.path)
            then(file)


def _jobs(
    music: Music,
    files: Sequence[Found],
    folder: Path,
    settings: ResolvedSettings,
    journal: Journal,
    then: Callable[[Found], object],
) -> Iterator[Job]:
    """Yield a job for each file once it is here; one that is gone by then is unusable."""
    for one in music.fetched(files):
        job = Job(one.number, one.path, folder / f"{one.number}.pcm", settings.rate_hz,
                  settings.channels, settings.keep_damaged, settings.normalise_dbfs)  # fmt: skip
        if one.problem:
            entry = dataclasses.replace(_begun(one.file, job), unusable=one.problem, lasting=False)
            journal.add(entry)
            then(one.file)
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
def _temporary(scratch: Path) -> Generator[Path]:
    """Create a folder for samples that are not yet stored."""
    with clear_disk_errors(scratch):
        folder = Path(tempfile.mkdtemp(dir=scratch, prefix=TEMPORARY))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
