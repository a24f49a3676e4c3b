"""Decide which analysed recordings go into the corpus, and why others do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.corpus.analysis import QUIETEST_DBFS, Analysed
from reverie.corpus.journal import Entry
from reverie.corpus.manifest import Recording, Refusal, Split
from reverie.corpus.parts import divided, nearly_all
from reverie.corpus.settings import PrepareSettings
from reverie.corpus.shards import map_shard
from reverie.corpus.split import folder_of, split_of
from reverie.similarity.duplicates import Candidate, find_duplicates
from reverie.terminal import printable


@dataclass(frozen=True)
class Verdict:
    """The recordings of a corpus and the refused files, each sorted by path."""

    recordings: tuple[Recording, ...]
    refused: tuple[Refusal, ...]


def judge(
    entries: Sequence[Entry],
    refused: Sequence[Refusal],
    settings: PrepareSettings,
    folder: Path,
    *,
    quiet: bool = False,
) -> Verdict:
    """Refuse unusable, silent, short and duplicate recordings, and split the others.

    Args:
        entries: the result of analysing each file.
        refused: files refused before they were analysed.
        settings: of the corpus.
        folder: the corpus, whose shards hold the samples.
        quiet: show no progress.
    """
    refusals = list(refused)
    usable: dict[str, tuple[Entry, Analysed]] = {}
    for entry in sorted(entries, key=lambda item: item.path):
        reason = _unfit(entry, settings)
        if reason is None and entry.analysed is not None:
            usable[entry.path] = entry, entry.analysed
        elif reason is not None:
            refusals.append(Refusal(entry.path, reason))
    shards = _Shards(folder)
    same = find_duplicates(
        [_candidate(entry, analysed, shards) for entry, analysed in usable.values()],
        settings.rate_hz,
        kept=folder,
        quiet=quiet,
    )
    for path, original in same.items():
        refusals.append(Refusal(path, f"the same recording as {printable(original)}"))
        del usable[path]
    return Verdict(
        _divided(list(usable.values()), settings, shards),
        tuple(sorted(refusals, key=lambda item: item.path)),
    )


def _divided(
    usable: Sequence[tuple[Entry, Analysed]], settings: PrepareSettings, shards: "_Shards"
) -> tuple[Recording, ...]:
    """Split the recordings; divide one that holds nearly all of the time in two parts."""
    lengths = [analysed.samples for _, analysed in usable]
    longest = nearly_all(lengths) if settings.balanced else None
    parts: tuple[Recording, ...] = ()
    if longest is not None:
        entry, analysed = usable[longest]
        whole = _recording(entry, analysed, "train")
        pcm = shards.samples(entry.shard, entry.offset_samples, analysed.samples)
        parts = divided(whole, pcm, settings)
    rest = [pair for place, pair in enumerate(usable) if not parts or place != longest]
    split = split_of(
        [analysed.content_hash for _, analysed in rest],
        settings.train_fraction,
        settings.split_seed,
        {analysed.content_hash: folder_of(entry.path) for entry, analysed in rest}
        if settings.balanced
        else None,
    )
    others = [_recording(entry, analysed, split[analysed.content_hash]) for entry, analysed in rest]
    return tuple(sorted([*others, *parts], key=lambda pair: (pair.part_of or pair.path, pair.path)))


def _unfit(entry: Entry, settings: PrepareSettings) -> str | None:
    if entry.analysed is None:
        return entry.unusable
    if entry.analysed.peak_dbfs < settings.silence_dbfs:
        reason = f"silent: its loudest sample lies at {entry.analysed.peak_dbfs:.0f} dB full scale"
        raisable = entry.analysed.peak_dbfs > QUIETEST_DBFS
        return f"{reason}; `normalise_dbfs=-1` turns it up" if raisable else reason
    seconds = entry.analysed.samples / entry.rate_hz
    if seconds < settings.min_seconds:
        shown = f"{seconds:.2g}" if seconds < 10 else f"{seconds:.0f}"
        return f"too short: {shown} s, and {settings.min_seconds:g} s are asked for"
    return None


class _Shards:
    """The shards of a corpus, each mapped on first use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mapped: dict[int, NDArray[np.int16]] = {}

    def samples(self, shard: int, start: int, count: int) -> NDArray[np.int16]:
        """Return samples of a shard, int16 [count], read from the disk on access."""
        if shard not in self._mapped:
            self._mapped[shard] = map_shard(self.folder, shard)
        return self._mapped[shard][start : start + count]


def _candidate(entry: Entry, analysed: Analysed, shards: _Shards) -> Candidate:
    return Candidate(
        entry.path,
        analysed.content_hash,
        analysed.fingerprint,
        analysed.samples,
        lambda: shards.samples(entry.shard, entry.offset_samples, analysed.samples),
    )


def _recording(entry: Entry, analysed: Analysed, split: Split) -> Recording:
    return Recording(
        path=entry.path,
        content_hash=analysed.content_hash,
        codec=analysed.codec,
        seconds=round(analysed.samples / entry.rate_hz, 3),
        source_rate_hz=analysed.source_rate_hz,
        source_channels=analysed.source_channels,
        loudness_lufs=analysed.loudness_lufs,
        peak_dbfs=analysed.peak_dbfs,
        rms_dbfs=analysed.rms_dbfs,
        split=split,
        shard=entry.shard,
        offset_samples=entry.offset_samples,
        samples=analysed.samples,
        notes=analysed.notes,
    )
