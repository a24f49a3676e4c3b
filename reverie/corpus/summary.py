"""What a corpus holds, for a person and for a script."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from reverie.corpus.corpus import Corpus, Refusal
from reverie.progress import duration
from reverie.terminal import printable

SEQUENCE_SAMPLES = 50_432
"""Of a training sequence of the default recipe, which lies above this layer."""


def lines(corpus: Corpus) -> list[str]:
    """A summary of `corpus` for a person, ending in what to do next."""
    train, held_out = corpus.of_split("train"), corpus.of_split("held-out")
    count = len(corpus.recordings)
    told = [
        f"{_counted(count, 'recording')} used: {len(train)} to train on, {len(held_out)} held "
        f"out; {duration(corpus.seconds)} of sound at {corpus.rate_hz} Hz.",
    ]
    noted = [one for one in corpus.recordings if one.notes]
    if noted:
        told.append(f"{_counted(len(noted), 'recording')} used with a note:")
        told += [f"  {printable(one.path)}: {'; '.join(one.notes)}" for one in noted]
    told += refusal_lines(corpus.refused)
    if corpus.ignored:
        told.append(
            f"{_counted(corpus.ignored, 'other file')} ignored: no recordings by their names."
        )
    if said := short_recordings(corpus):
        told.append(said)
    if not held_out:
        told.append("Nothing is held out: training wants at least two recordings.")
    folder = printable(str(corpus.folder))
    told.append(f"The corpus is in {folder}. Next: reverie inspect {folder}")
    return told


def short_recordings(corpus: Corpus) -> str:
    """What is said of recordings shorter than a training sequence, or nothing if there are none."""
    count = sum(one.samples < SEQUENCE_SAMPLES for one in corpus.recordings)
    if not count:
        return ""
    seconds = SEQUENCE_SAMPLES / corpus.rate_hz
    return (
        f"{_counted(count, 'recording')} shorter than {seconds:.1f} s, a training sequence of the "
        "default recipe: training takes each whole, as a shorter sequence."
    )


def refusal_lines(refused: Iterable[Refusal]) -> list[str]:
    """Each refused file with its reason, under a heading; nothing if there is none."""
    listed = [f"  {printable(one.path)}: {one.reason}" for one in refused]
    return [f"{_counted(len(listed), 'file')} refused:", *listed] if listed else []


def as_result(corpus: Corpus) -> dict[str, Any]:
    """The same for a script: plain values."""
    return {
        "corpus": str(corpus.folder),
        "content_hash": corpus.content_hash,
        "rate_hz": corpus.rate_hz,
        "seconds": round(corpus.seconds, 3),
        "recordings": [dataclasses.asdict(one) for one in corpus.recordings],
        "train": len(corpus.of_split("train")),
        "held_out": len(corpus.of_split("held-out")),
        "refused": [dataclasses.asdict(one) for one in corpus.refused],
        "ignored": corpus.ignored,
    }


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
