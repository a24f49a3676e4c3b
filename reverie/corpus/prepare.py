"""Prepare a corpus from a folder of recordings: search, analyse new files, judge, write."""

import contextlib
import dataclasses
import shutil
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from reverie import __version__
from reverie.corpus.analysing import analyse_new
from reverie.corpus.choices import applied
from reverie.corpus.compaction import compacted
from reverie.corpus.corpus import Corpus
from reverie.corpus.discover import Discovery, Found
from reverie.corpus.journal import Entry, Journal
from reverie.corpus.judge import Verdict, judge
from reverie.corpus.manifest import LeftOut, Manifest, write_manifest
from reverie.corpus.music import Music, music_at
from reverie.corpus.nothing_usable import NothingUsable
from reverie.corpus.ours import CLIP
from reverie.corpus.place import TEMPORARY, check_place, check_same
from reverie.corpus.recording import corpus_hash
from reverie.corpus.recordings import Recordings
from reverie.corpus.resolving import resolved
from reverie.corpus.sample import write_sample
from reverie.corpus.settings import PrepareSettings, ResolvedSettings
from reverie.corpus.shards import remove_unused
from reverie.corpus.spreading import take_over_left
from reverie.execution.cluster import RayExecutor
from reverie.storage import only_one


def prepare(
    recordings: Path | str,
    out: Path,
    settings: PrepareSettings,
    *,
    replace: bool = False,
    processes: int | None = None,
    ray: str | None = None,
    quiet: bool = False,
    on_whole_shard: Callable[[Path], object] | None = None,
) -> Corpus:
    """Make or update the corpus `out` from the recordings in a folder.

    Only new and changed files are decoded. After an interruption at any moment, the next call
    resumes, and an earlier corpus stays unchanged until the new one is complete.

    Args:
        recordings: a folder, searched with all below it, or a single recording; or the URL of one.
        out: the corpus's folder; made if missing, and never searched.
        settings: of the corpus.
        replace: replace a corpus of other recordings.
        processes: number of files to decode at once; all cores if None.
        ray: the address of a Ray cluster whose nodes decode: see `RayExecutor`; None for this
            machine. The nodes have `out` under the same path and reach `recordings`.
        quiet: show no progress.
        on_whole_shard: called with the path of each shard to which nothing more will be appended.

    Returns:
        The corpus, opened.

    Raises:
        NothingUsable: no recording can be used.
        ReverieError: `recordings` is missing, `out` is something else or in use, the disk full, the
            store of an URL does not answer, or there is no such cluster.
    """
    made = not out.exists()
    with music_at(recordings) as music:
        check_place(music.folder, out)
        with only_one(out):
            _sweep(out)
            try:
                with nullcontext() if ray is None else RayExecutor(ray, out, quiet) as cluster:
                    return _prepared(
                        music,
                        out,
                        settings,
                        replace=replace,
                        made=made,
                        cluster=cluster,
                        processes=processes,
                        quiet=quiet,
                        on_whole_shard=on_whole_shard or (lambda _: None),
                    )
            finally:
                # A decoder outlives a driver that was killed by a moment.
                _sweep(out)


def _prepared(
    music: Music,
    out: Path,
    settings: PrepareSettings,
    *,
    replace: bool,
    made: bool,
    cluster: RayExecutor | None,
    processes: int | None,
    quiet: bool,
    on_whole_shard: Callable[[Path], object],
) -> Corpus:
    """Make or update a corpus that this process holds."""
    journal = Journal(out)
    take_over_left(journal)
    discovery = music.discover(out, partial(_was_read, journal))
    if not replace:
        check_same(music, out, discovery.files, journal.entries.values())
    chosen = applied(settings, music, discovery, journal.entries)
    known = resolved(chosen, music, discovery.files, journal)
    analyse_new(music, discovery, journal, known, on_whole_shard,
                cluster=cluster, processes=processes, quiet=quiet)  # fmt: skip
    entries = [journal.entries[file.path] for file in discovery.files]
    left_out = _left_out(discovery, entries)
    verdict = _judged(entries, discovery, left_out, known, out, quiet=quiet)
    if not verdict.recordings:
        if made:
            shutil.rmtree(out)
        raise NothingUsable(
            music.folder or music.source, verdict.refused, left_out, discovery.ignored
        )
    _write(out, music, known, discovery, left_out, verdict)
    moved = compacted(out, entries, known.shard_megabytes << 20)
    if moved is not None:
        entries = moved
        verdict = _judged(entries, discovery, left_out, known, out, quiet=quiet)
        _write(out, music, known, discovery, left_out, verdict)
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
    music: Music,
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
        source=music.source,
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


def _sweep(out: Path) -> None:
    """Remove the temporary folders that ended processes have left in `out`."""
    for left in out.glob(f"{TEMPORARY}*"):
        with contextlib.suppress(OSError):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            else:
                left.unlink()
