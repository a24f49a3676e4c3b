"""Summarise a corpus for a person and for a script."""

import dataclasses
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from reverie.corpus.corpus import Corpus
from reverie.corpus.groups import Group, group_lines, grouped
from reverie.corpus.manifest import LeftOut, Refusal
from reverie.corpus.recording import Split
from reverie.corpus.split import folder_of
from reverie.progress import duration, position
from reverie.terminal import paragraph, printable

MOST_NAMED, MOST_SUFFIXES = 5, 8
"""Most names, and most suffixes, in one line of a summary."""
SEQUENCE_SECONDS = 3.184
"""Length of a training sequence of the default recipe, which is defined above this layer."""


def lines(corpus: Corpus) -> list[str]:
    """Summarise `corpus` for a person, with the next command."""
    train, held_out = corpus.of_split("train"), corpus.of_split("held-out")
    parted = corpus.recordings.parts()
    count = len(corpus.recordings) - len(parted) + len({one.part_of for one in parted})
    parts = f" in {len(corpus.recordings)} parts" if count < len(corpus.recordings) == 2 else ""
    text = paragraph(
        f"{_counted(count, 'recording')} used{parts}: {len(train)} to train on, {len(held_out)} "
        f"held out; {duration(corpus.seconds)} of sound at {corpus.rate_hz / 1000:g} kHz"
        f"{_in_stereo(corpus)}."
    )
    text += [line for said in division(corpus) for line in paragraph(said, "  ")]
    noted = corpus.recordings.noted()
    if noted:
        text.append(f"{_counted(len(noted), 'recording')} used with a note:")
        text += group_lines(noted_groups(corpus))
    text += unused_lines(corpus)
    if said := short_recordings(corpus):
        text += paragraph(said, "  ")
    if not held_out:
        text.append(
            "Nothing is held out: training needs two recordings, or one of several minutes."
        )
    folder = printable(str(corpus.folder))
    text.append(f"The corpus is in {folder}. Next: reverie inspect {shlex.quote(folder)}")
    return text


def _in_stereo(corpus: Corpus) -> str:
    """Say how many recordings have two channels; nothing where all are mono."""
    count = int((corpus.recordings.column("channels") == 2).sum())
    if not count:
        return ""
    every = count == len(corpus.recordings)
    return ", stereo" if every else f", {_counted(count, 'recording')} in stereo"


def division(corpus: Corpus) -> list[str]:
    """Describe how the recordings are split, if it is not as usual."""
    return [*_divided_by_time(corpus), *_shares(corpus)]


def _divided_by_time(corpus: Corpus) -> list[str]:
    parts = corpus.recordings.parts()
    trained = next((part for part in parts if part.split == "train"), None)
    held_out = next((part for part in parts if part.split == "held-out"), None)
    if trained is None or held_out is None:
        return []
    begin = (held_out.offset_samples - trained.offset_samples) // trained.channels
    gap = (begin - trained.samples) / corpus.rate_hz
    return [
        f"{printable(trained.part_of or '')} holds nearly all of the time, so its end is held out: "
        f"everything after {position(begin / corpus.rate_hz)}. The {gap:.0f} s before that are in "
        "neither part."
    ]


def _shares(corpus: Corpus) -> list[str]:
    """Describe how many of each subfolder are held out, if the split is by subfolder."""
    if not corpus.settings.get("balanced"):
        return []
    by_folder: dict[str, list[Split]] = {}
    asked = "SELECT path, split FROM recordings WHERE part_of IS NULL ORDER BY id"
    for path, split in corpus.recordings.table.ask(asked):
        by_folder.setdefault(folder_of(path), []).append(split)
    if len(by_folder) < 2:
        return []
    shares = [
        f"{inside.count('held-out')} of {len(inside)} in {printable(folder) or 'none'}"
        for folder, inside in by_folder.items()
    ]
    return [f"A share of each subfolder is held out: {_some(shares)}."]


def unused_lines(corpus: Corpus) -> list[str]:
    """List the files among the recordings that are not used, and why."""
    return [
        *refusal_lines(corpus.refused),
        *left_out_lines(corpus.left_out),
        *ignored_lines(corpus.ignored, corpus.ignored_suffixes),
    ]


def short_recordings(corpus: Corpus) -> str:
    """Describe the recordings shorter than a training sequence; empty if there are none."""
    count = int((corpus.recordings.column("seconds") < SEQUENCE_SECONDS).sum())
    if not count:
        return ""
    return (
        f"{_counted(count, 'recording')} shorter than {SEQUENCE_SECONDS:.1f} s, a training "
        "sequence of the default recipe: training uses each whole, as a shorter sequence."
    )


def refusal_lines(refused: Iterable[Refusal]) -> list[str]:
    """List the refused files by reason, under a heading; empty if there are none."""
    groups = grouped((refusal.path, refusal.reason) for refusal in refused)
    count = sum(len(group.files) for group in groups)
    return [f"{_counted(count, 'file')} refused:", *group_lines(groups)] if groups else []


def noted_groups(corpus: Corpus) -> list[Group]:
    """Group the notes on the recordings in use."""
    return grouped(
        (recording.path, note)
        for recording in corpus.recordings.noted()
        for note in recording.notes
    )


def left_out_lines(left_out: Iterable[LeftOut]) -> list[str]:
    """List what was not searched for music, by kind; empty if there is nothing."""
    by_kind: dict[str, list[str]] = {}
    for one in left_out:
        by_kind.setdefault(one.what, []).append(printable(one.name))
    count = sum(map(len, by_kind.values()))
    listed = [f"  {_some(names)}: {kind}" for kind, names in sorted(by_kind.items())]
    return [f"{count} left out:", *listed] if listed else []


def ignored_lines(ignored: int, by_suffix: Mapping[str, int]) -> list[str]:
    """Say how many other files were ignored; empty if there are none."""
    if not ignored:
        return []
    names = f" ({suffixes(by_suffix)})" if by_suffix else ""
    return [f"{_counted(ignored, 'other file')} ignored: not recordings by their names{names}."]


def as_result(corpus: Corpus) -> dict[str, Any]:
    """Return the summary as plain values for a script."""
    return {
        "corpus": corpus.url or str(corpus.folder),
        "content_hash": corpus.content_hash,
        "rate_hz": corpus.rate_hz,
        "seconds": round(corpus.seconds, 3),
        "recordings": [dataclasses.asdict(recording) for recording in corpus.recordings],
        "train": len(corpus.of_split("train")),
        "held_out": len(corpus.of_split("held-out")),
        "refused": [dataclasses.asdict(one) for one in corpus.refused],
        "left_out": [dataclasses.asdict(one) for one in corpus.left_out],
        "ignored": corpus.ignored,
        "ignored_suffixes": corpus.ignored_suffixes,
    }


def suffixes(counts: Mapping[str, int]) -> str:
    """Format how many files have each suffix, the most frequent first."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return _some([f"{count} {suffix or 'without a suffix'}" for suffix, count in ranked],
                 MOST_SUFFIXES)  # fmt: skip


def _some(names: list[str], most: int = MOST_NAMED) -> str:
    more = [f"{len(names) - most} more"] if len(names) > most else []
    return ", ".join([*names[:most], *more])


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
