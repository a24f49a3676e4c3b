"""Prepare a corpus from a folder of recordings: search, analyse new files, judge, write."""

import contextlib
import dataclasses
import os
import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from reverie import __version__
from reverie.corpus.analysis import Analysed
from reverie.corpus.choices import applied
from reverie.corpus.compaction import compacted
from reverie.corpus.corpus import Corpus
from reverie.corpus.discover import Discovery, Found, discover
from reverie.corpus.journal import Entry, Journal
from reverie.corpus.judge import Verdict, judge
from reverie.corpus.manifest import LeftOut, Manifest, write_manifest
from reverie.corpus.nothing_usable import NothingUsable
from reverie.corpus.ours import CLIP
from reverie.corpus.place import TEMPORARY, check_place, check_same
from reverie.corpus.pool import Job, Pool
from reverie.corpus.recording import corpus_hash
from reverie.corpus.recordings import Recordings
from reverie.corpus.resolving import resolved
from reverie.corpus.sample import write_sample
from reverie.corpus.settings import PrepareSettings, ResolvedSettings
from reverie.corpus.shards import SAMPLE_BYTES, Shards, remove_unused
from reverie.corpus.unchanged import Stored, unknown_files
from reverie.errors import ReverieError
from reverie.progress import ProgressBar
from reverie.records import as_record
from reverie.storage import clear_disk_errors, only_one


def prepare(
    recordings: Path,
    out: Path,
    settings: PrepareSettings,
    *,
    replace: bool = False,
    processes: int | None = None,
    quiet: bool = False,
) -> Corpus:
    """Make or update the corpus `out` from the recordings in a folder.

    Only new and changed files are decoded. After an interruption at any moment, the next call
    resumes, and an earlier corpus stays unchanged until the new one is complete.

    Args:
        recordings: a folder, searched with all below it, or a single recording.
        out: the corpus's folder; made if missing, and never searched.
        settings: of the corpus.
        replace: replace a corpus of other recordings.
        processes: number of files to decode at once; all cores if None.
        quiet: show no progress.

    Returns:
        The corpus, opened.

    Raises:
        NothingUsable: no recording can be used.
        ReverieError: `recordings` is missing, `out` is something else or in use, or the disk full.
    """
    if not recordings.exists():
        raise ReverieError(f"{recordings} does not exist.", "Give a folder of recordings.")
    made = not out.exists()
    check_place(recordings, out)
    with only_one(out):
        _sweep(out)
        journal = Journal(out)
        discovery = discover(recordings, out, partial(_was_read, journal))
        if not replace:
            check_same(recordings, out, discovery.files, journal.entries.values())
        base = recordings if recordings.is_dir() else recordings.parent
        chosen = applied(settings, recordings, discovery, journal.entries)
        known = resolved(chosen, base, discovery.files, journal)
        _analyse_new(base, discovery, journal, known, processes=processes, quiet=quiet)
        entries = [journal.entries[file.path] for file in discovery.files]
        left_out = _left_out(discovery, entries)
        verdict = _judged(entries, discovery, left_out, known, out, quiet=quiet)
        if not verdict.recordings:
            if made:
                shutil.rmtree(out)
            raise NothingUsable(recordings, verdict.refused, left_out, discovery.ignored)
        _write(out, recordings, known, discovery, left_out, verdict)
        moved = compacted(out, entries, known.shard_megabytes << 20)
        if moved is not None:
            entries = moved
            verdict = _judged(entries, discovery, left_out, known, out, quiet=quiet)
            _write(out, recordings, known, discovery, left_out, verdict)
        journal.rewrite(entries)
        remove_unused(out, {entry.shard for entry in entries if entry.analysed})
        return Corpus.open(out)


def _was_read(journal: Journal, file: Found) -> bool:
    """Whether `file` is as it was when it was analysed, when its tags were read too."""
    entry = journal.entries.get(file.path)
    return entry is not None and entry.analysed is not None and entry.is_of(file)


def _judged(
    entries: Sequence[Entry],
    discovery: Discovery,
    left_out: Sequence[LeftOut],
    settings: ResolvedSettings,
    out: Path,
    *,
    quiet: bool,
) -> Verdict:
    absent = {item.name for item in left_out}
    music = [entry for entry in entries if entry.path not in absent]
    return judge(music, discovery.refused, settings, out, quiet=quiet)


def _left_out(discovery: Discovery, entries: Sequence[Entry]) -> tuple[LeftOut, ...]:
    """Return the files that were left out, with copies of clips whose provenance lies elsewhere."""
    named = {item.name: item for item in discovery.left_out}
    for entry in entries:
        if entry.source_hash in discovery.clip_hashes:
            named.setdefault(entry.path, LeftOut(entry.path, CLIP))
    return tuple(named[name] for name in sorted(named))


def _write(
    out: Path,
    recordings: Path,
    settings: ResolvedSettings,
    discovery: Discovery,
    left_out: tuple[LeftOut, ...],
    verdict: Verdict,
) -> None:
    told = ((one.content_hash, one.path, one.split) for one in verdict.recordings)
    content_hash = corpus_hash(settings.rate_hz, told)
    stored = Recordings.of(verdict.recordings)
    manifest = Manifest(
        created_by=f"reverie {__version__}",
        source=str(recordings.absolute()),
        rate_hz=settings.rate_hz,
        settings={
            name: value for name, value in dataclasses.asdict(settings).items() if value != ()
        },
        ignored=discovery.ignored.total(),
        ignored_suffixes=dict(sorted(discovery.ignored.items())),
        left_out=left_out,
        recordings=stored,
        refused=verdict.refused,
        content_hash=content_hash,
        sample=write_sample(out, stored, settings.rate_hz, content_hash),
    )
    write_manifest(out, manifest)


def _analyse_new(
    base: Path,
    discovery: Discovery,
    journal: Journal,
    settings: ResolvedSettings,
    *,
    processes: int | None,
    quiet: bool,
) -> None:
    """Bring the journal up to date with every file found."""
    stored = Stored(journal)
    new = unknown_files(
        base,
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
        jobs = (
            Job(number, base / one.path, folder / f"{number}.pcm", settings.rate_hz,
                settings.channels, settings.keep_damaged, settings.normalise_dbfs)
            for number, one in enumerate(new)
        )  # fmt: skip
        for job, answer in pool.run(jobs):
            file = new[job.number]
            if "storage" in answer:
                raise ReverieError(
                    f"cannot write to {journal.folder}: {answer['storage'].lower()}.",
                    "Free some space or choose another folder; call again to resume.",
                )
            journal.add(_entry(file, job, answer, shards, stored))
            job.pcm.unlink(missing_ok=True)
            work.advance(note=file.path)
    shards.flush()


def _entry(file: Found, job: Job, answer: dict[str, Any], shards: Shards, stored: Stored) -> Entry:
    entry = Entry(
        path=file.path,
        bytes=file.bytes,
        mtime_ns=file.mtime_ns,
        changed_ns=file.changed_ns,
        inode=file.inode,
        source_hash=answer.get("source_hash", ""),
        rate_hz=job.rate_hz,
        channels=job.channels,
        keep_damaged=job.keep_damaged,
        normalise_dbfs=job.normalise_dbfs,
    )
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


def _sweep(out: Path) -> None:
    """Remove the temporary folders that ended processes have left in `out`."""
    for left in out.glob(f"{TEMPORARY}*"):
        with contextlib.suppress(OSError):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            else:
                left.unlink()


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
