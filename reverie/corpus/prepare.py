"""From a folder of recordings to a corpus: find, analyse what is new, judge, write."""

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reverie import __version__
from reverie.corpus.analysis import Analysed
from reverie.corpus.compaction import compacted
from reverie.corpus.corpus import MANIFEST, Corpus, Refusal, write_manifest
from reverie.corpus.discover import Discovery, Found, discover
from reverie.corpus.journal import NAME as JOURNAL
from reverie.corpus.journal import Entry, Journal
from reverie.corpus.judge import judge
from reverie.corpus.pool import Job, Pool
from reverie.corpus.settings import PrepareSettings
from reverie.corpus.shards import Shards, remove_unused
from reverie.errors import ReverieError
from reverie.progress import Work
from reverie.storage import clear_disk_errors, only_one
from reverie.terminal import printable

__all__ = ["NothingUsable", "PrepareSettings", "prepare"]

LOCK = ".lock"
TEMPORARY = ".analysing-"


class NothingUsable(ReverieError):  # noqa: N818
    """No recording of a folder can be used.

    Args:
        recordings: the folder.
        refused: each file and its reason.
    """

    def __init__(self, recordings: Path, refused: tuple[Refusal, ...]) -> None:
        if refused:
            first = refused[0]
            problem = (
                f"{recordings} holds nothing usable: {len(refused)} refused, "
                f"such as {printable(first.path)} ({first.reason})."
            )
        else:
            problem = f"{recordings} holds no recordings."
        super().__init__(
            problem, "Give a folder of recordings: MP3, WAV, FLAC, Ogg, Opus, M4A, AIFF."
        )
        self.refused = refused


def prepare(
    recordings: Path,
    out: Path,
    settings: PrepareSettings,
    *,
    processes: int | None = None,
    quiet: bool = False,
) -> Corpus:
    """Make, or bring up to date, the corpus `out` of the recordings in a folder.

    Only files that are new or changed are decoded. Interrupted at any moment, it goes on from
    there when called again, and an earlier corpus stays as it was until the new one is whole.

    Args:
        recordings: a folder, searched with all below it, or a single recording.
        out: the corpus's folder; made if missing, and never searched.
        settings: how.
        processes: how many files are decoded at once; all cores if None.
        quiet: show no progress.

    Returns:
        The corpus, opened.

    Raises:
        NothingUsable: no recording can be used.
        ReverieError: `recordings` is missing, `out` is something else or in use, or the disk
            refuses.
    """
    if not recordings.exists():
        raise ReverieError(f"{recordings} does not exist.", "Give a folder of recordings.")
    made = not out.exists()
    _check_place(out)
    with only_one(out):
        journal = Journal(out)
        found = discover(recordings, out)
        base = recordings if recordings.is_dir() else recordings.parent
        _analyse_new(base, found, journal, settings, processes=processes, quiet=quiet)
        entries = [journal.entries[one.path] for one in found.files]
        verdict = judge(entries, found.refused, settings, out, quiet=quiet)
        if not verdict.recordings:
            if made:
                shutil.rmtree(out)
            raise NothingUsable(recordings, verdict.refused)
        about: dict[str, Any] = {
            "created_by": f"reverie {__version__}",
            "source": str(recordings.absolute()),
            "rate_hz": settings.rate_hz,
            "settings": dataclasses.asdict(settings),
            "ignored": found.ignored,
        }
        corpus = write_manifest(out, verdict.recordings, verdict.refused, **about)
        moved = compacted(out, entries, settings.shard_megabytes << 20)
        if moved is not None:
            entries = moved
            verdict = judge(entries, found.refused, settings, out, quiet=quiet)
            corpus = write_manifest(out, verdict.recordings, verdict.refused, **about)
        journal.rewrite(entries)
        remove_unused(out, {one.shard for one in entries if one.analysed})
    return corpus


def _analyse_new(
    base: Path,
    found: Discovery,
    journal: Journal,
    settings: PrepareSettings,
    *,
    processes: int | None,
    quiet: bool,
) -> None:
    """Bring the journal up to date with every file found."""
    new = [one for one in found.files if not _known(one, journal, settings)]
    if not new:
        return
    # The longest first, so that the processes end at about one time.
    new.sort(key=lambda one: (-one.bytes, one.path))
    shards = Shards(journal.folder, settings.shard_megabytes << 20)
    with (
        _temporary(journal.folder) as folder,
        Pool(min(processes or _cores(), len(new))) as pool,
        Work("Preparing", len(new), "recordings", quiet=quiet) as work,
    ):
        jobs = (
            Job(number, base / one.path, folder / f"{number}.pcm", settings.rate_hz,
                settings.keep_damaged, settings.normalise_dbfs)
            for number, one in enumerate(new)
        )  # fmt: skip
        for job, answer in pool.run(jobs):
            file = new[job.number]
            if "storage" in answer:
                raise ReverieError(
                    f"cannot write to {journal.folder}: {answer['storage'].lower()}.",
                    "Free some space or choose another folder; call again to go on from here.",
                )
            entry = _entry(file, job, answer, shards, journal)
            journal.add(entry)
            job.pcm.unlink(missing_ok=True)
            work.advance(note=printable(file.path))


def _known(file: Found, journal: Journal, settings: PrepareSettings) -> bool:
    entry = journal.entries.get(file.path)
    return entry is not None and entry.still_holds(
        file,
        settings.rate_hz,
        keep_damaged=settings.keep_damaged,
        normalise_dbfs=settings.normalise_dbfs,
    )


def _entry(
    file: Found, job: Job, answer: dict[str, Any], shards: Shards, journal: Journal
) -> Entry:
    entry = Entry(
        file.path, file.bytes, file.mtime_ns, job.rate_hz, job.keep_damaged, job.normalise_dbfs
    )
    if "unusable" in answer:
        return dataclasses.replace(entry, unusable=answer["unusable"], lasting=answer["lasting"])
    analysed = Analysed.from_json(answer["analysed"])
    known = journal.with_content(analysed.content_hash)
    if known is not None:
        # A file that was moved or copied: its samples are here already.
        shard, offset = known.shard, known.offset_samples
    else:
        with job.pcm.open("rb") as samples:
            shard, offset = shards.append(samples, 2 * analysed.samples)
    return dataclasses.replace(entry, analysed=analysed, shard=shard, offset_samples=offset)


def _check_place(out: Path) -> None:
    """Refuse to make a corpus among other things."""
    if out.exists() and not out.is_dir():
        raise ReverieError(f"{out} is a file.", "Choose a folder for the corpus.")
    ours = any((out / name).exists() for name in (MANIFEST, JOURNAL, LOCK))
    if out.exists() and not ours and any(out.iterdir()):
        raise ReverieError(
            f"{out} holds other things and no corpus.", "Choose a new folder for the corpus."
        )


@contextmanager
def _temporary(out: Path) -> Generator[Path]:
    """A folder within `out` for samples on their way; what an earlier crash left is removed."""
    for left in out.glob(f"{TEMPORARY}*"):
        shutil.rmtree(left, ignore_errors=True)
    with clear_disk_errors(out):
        folder = Path(tempfile.mkdtemp(dir=out, prefix=TEMPORARY))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _cores() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
