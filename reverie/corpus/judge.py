"""Decide which analysed recordings go into the corpus, and why others do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.audio.channels import mono_wave
from reverie.corpus.analysis import QUIETEST_DBFS, Analysed
from reverie.corpus.choices import chosen_split
from reverie.corpus.ends import find_ends
from reverie.corpus.journal import Entry
from reverie.corpus.manifest import Refusal
from reverie.corpus.parts import divided, nearly_all
from reverie.corpus.recording import Recording, Split
from reverie.corpus.settings import ResolvedSettings
from reverie.corpus.shards import map_shard
from reverie.corpus.split import folder_of, split_of
from reverie.errors import ReverieError
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
    settings: ResolvedSettings,
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

    Raises:
        ReverieError: by choice nothing is left to train on.
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
    usable: Sequence[tuple[Entry, Analysed]], settings: ResolvedSettings, shards: "_Shards"
) -> tuple[Recording, ...]:
    """Split the recordings; divide one that holds nearly all of the time in two parts."""
    lengths = [analysed.samples for _, analysed in usable]
    longest = nearly_all(lengths) if settings.balanced else None
    chosen: dict[str, Split] = {
        analysed.content_hash: split
        for entry, analysed in usable
        if (split := chosen_split(settings, entry.path)) is not None
    }
    if longest is not None and usable[longest][1].content_hash in chosen:
        longest = None
    parts: tuple[Recording, ...] = ()
    if longest is not None:
        entry, analysed = usable[longest]
        whole = _recording(entry, analysed, "train", shards)
        pcm = shards.samples(entry, analysed)
        parts = divided(whole, pcm, settings)
    rest = [pair for place, pair in enumerate(usable) if not parts or place != longest]
    split = split_of(
        [analysed.content_hash for _, analysed in rest],
        settings.train_fraction,
        settings.split_seed,
        {analysed.content_hash: folder_of(entry.path) for entry, analysed in rest}
        if settings.balanced
        else None,
        chosen,
    )
    if rest and not parts and "train" not in split.values():
        raise ReverieError(
            "all recordings are to be held out, and none to be trained on.",
            "Choose fewer of them in `hold_out`.",
        )
    others = [
        _recording(entry, analysed, split[analysed.content_hash], shards)
        for entry, analysed in rest
    ]
    return tuple(sorted([*others, *parts], key=lambda pair: (pair.part_of or pair.path, pair.path)))


def _unfit(entry: Entry, settings: ResolvedSettings) -> str | None:
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

    def samples(self, entry: Entry, analysed: Analysed) -> NDArray[np.int16]:
        """Return the samples of a recording, int16 [C, S], read from the disk on access."""
        shard, first = entry.shard, entry.offset_samples
        if shard not in self._mapped:
            self._mapped[shard] = map_shard(self.folder, shard)
        values = self._mapped[shard][first : first + analysed.values]
        return values.reshape(-1, analysed.channels).T


def _candidate(entry: Entry, analysed: Analysed, shards: _Shards) -> Candidate:
    return Candidate(
        entry.path,
        analysed.content_hash,
        analysed.fingerprint,
        analysed.samples,
        lambda: mono_wave(shards.samples(entry, analysed)),
    )


def _recording(entry: Entry, analysed: Analysed, split: Split, shards: _Shards) -> Recording:
    start, end = analysed.sounding_start, analysed.sounding_end
    if start is None or end is None:
        wave = mono_wave(shards.samples(entry, analysed))
        start, end = find_ends(wave, entry.rate_hz, analysed.rms_dbfs)
    return Recording(
        path=entry.path,
        content_hash=analysed.content_hash,
        codec=analysed.codec,
        seconds=round(analysed.samples / entry.rate_hz, 3),
        source_rate_hz=analysed.source_rate_hz,
        source_channels=analysed.source_channels,
        channels=analysed.channels,
        loudness_lufs=analysed.loudness_lufs,
        peak_dbfs=analysed.peak_dbfs,
        rms_dbfs=analysed.rms_dbfs,
        split=split,
        shard=entry.shard,
        offset_samples=entry.offset_samples,
        samples=analysed.samples,
        notes=analysed.notes,
        sounding_start=start,
        sounding_end=end,
    )
