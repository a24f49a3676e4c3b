"""Describe a corpus in a table, and judge whether it is enough to learn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reverie.corpus.corpus import Corpus, Recording
from reverie.corpus.groups import MOST_LISTED
from reverie.corpus.leaks import Leak, search_seconds
from reverie.corpus.summary import division, noted_groups, short_recordings
from reverie.pages.page import Tone, clock
from reverie.progress import duration
from reverie.terminal import printable

PAPER_MINUTES = 65
"""Duration of the paper's 25 tunes of two to three minutes."""
ENOUGH_MINUTES, LITTLE_MINUTES, HARDLY_MINUTES = 50, 20, 5
WIDE_SPREAD_DB = 12.0
MOST_LEAKS = 5

UNASKED_SECONDS = 120.0
"""Work that takes longer is not begun unless somebody asks for it."""
CHECKED_BYTES_A_SECOND = 1e9
FETCHED_BYTES_A_SECOND = 2e7
"""From an URL, roughly."""
UNDONE = {
    "check": "The samples were not compared with their hashes",
    "leaks": "The training recordings were not searched for held-out music",
}


COLUMNS: tuple[tuple[str, Literal["text", "number"]], ...] = (
    ("Recording", "text"),
    ("Split", "text"),
    ("Length", "number"),
    ("Codec", "text"),
    ("Hz", "number"),
    ("Channels", "number"),
    ("LUFS", "number"),
)
"""Heading and kind of each column."""


@dataclass(frozen=True)
class Finding:
    """A remark on a corpus, in a sentence or two."""

    tone: Tone
    text: str


def row(recording: Recording) -> tuple[str, ...]:
    """Return the cells of `recording` for `COLUMNS`."""
    loudness = recording.loudness_lufs
    return (
        printable(recording.path),
        recording.split,
        clock(recording.seconds),
        recording.codec,
        str(recording.source_rate_hz),
        str(recording.source_channels),
        "too quiet" if loudness is None else f"{loudness:.1f}".replace("-", "−"),
    )


def rows(corpus: Corpus, most: int | None = None) -> list[tuple[str, ...]]:
    """Return the cells of the recordings for `COLUMNS`, of so many at most."""
    return [row(recording) for recording in corpus.recordings[:most]]


def costs(corpus: Corpus) -> dict[str, float]:
    """Estimate how long what `inspect` can do takes, in seconds; 0 for what was done before."""
    return {
        "check": corpus.stored_bytes
        / (FETCHED_BYTES_A_SECOND if corpus.url else CHECKED_BYTES_A_SECOND),
        "leaks": search_seconds(corpus),
    }


def undone(work: str, seconds: float, option: str) -> str:
    """Say what was not done because nobody asked for it, what it would cost, and how to ask."""
    return f"{UNDONE[work]}: that takes about {duration(seconds)}. Ask for it with {option}."


def totals(corpus: Corpus) -> str:
    """Return the totals in one line."""
    train, held_out = corpus.of_split("train"), corpus.of_split("held-out")
    return (
        f"{len(corpus.recordings)} recordings, {duration(corpus.seconds)}: "
        f"{len(train)} to train on ({duration(train.seconds)}), "
        f"{len(held_out)} held out ({duration(held_out.seconds)})"
    )


def findings(corpus: Corpus, leaks: Sequence[Leak] = ()) -> list[Finding]:
    """Say whether there is enough music, then report anything unusual.

    Args:
        corpus: to inspect.
        leaks: held-out music that also occurs in training recordings, if a search was made.
    """
    remarks = [enough(corpus)]
    if not corpus.of_split("held-out"):
        text = "Nothing is held out, so nothing shows whether a model learns or only remembers."
        remarks.append(Finding("bad", f"{text} Add a second recording."))
    remarks += [Finding("warn", said) for said in division(corpus)]
    if said := short_recordings(corpus):
        remarks.append(Finding("warn", said))
    remarks += _leaks(leaks) + _levels(corpus) + _rates(corpus) + _notes(corpus)
    if corpus.refused:
        count = len(corpus.refused)
        text = (
            f"{count} {'file was' if count == 1 else 'files were'} refused, for the reasons given."
        )
        remarks.append(Finding("warn", text))
    return remarks


def _leaks(leaks: Sequence[Leak]) -> list[Finding]:
    remarks = [
        Finding(
            "bad",
            f"{printable(leak.held_out)} is held out, but {duration(leak.seconds)} of it also "
            f"occur in the training recording {printable(leak.training)} (the best match is at "
            f"{clock(leak.held_out_offset_seconds)} and {clock(leak.training_offset_seconds)}). "
            "Measurements on it say little about new music: keep both in the same split.",
        )
        for leak in leaks[:MOST_LEAKS]
    ]
    if len(leaks) > MOST_LEAKS:
        remarks.append(
            Finding("bad", f"{len(leaks) - MOST_LEAKS} more pairs share music in this way.")
        )
    return remarks


def enough(corpus: Corpus) -> Finding:
    """Judge whether there is enough music to learn more than a copy."""
    minutes = corpus.seconds / 60
    paper = f"The paper learned from 25 tunes of two to three minutes, about {PAPER_MINUTES} in all"
    has = f"{minutes:.0f} minutes" if minutes >= 2 else duration(corpus.seconds)
    if minutes >= ENOUGH_MINUTES:
        return Finding("good", f"{has} are enough. {paper}.")
    if minutes >= LITTLE_MINUTES:
        text = f"{has} are enough to begin with. {paper}; with less, clips keep closer to the few"
        return Finding("warn", f"{text} recordings there are, and the loss on others stays higher.")
    if minutes >= HARDLY_MINUTES:
        text = f"{has} are little. {paper}; from this a model learns the sound of the instrument"
        return Finding("warn", f"{text} and hardly any music, or repeats what it heard.")
    text = f"{has} are too little to learn from. {paper}; expect noise, a held chord, or a copy"
    return Finding("bad", f"{text} of what is there. It serves to try the commands.")


def _levels(corpus: Corpus) -> list[Finding]:
    levels = corpus.recordings.column("rms_dbfs")
    quiet = corpus.recordings[int(levels.argmin())]
    loud = corpus.recordings[int(levels.argmax())]
    spread = loud.rms_dbfs - quiet.rms_dbfs
    if spread <= WIDE_SPREAD_DB:
        return []
    text = f"Levels differ by {spread:.0f} dB, from {printable(quiet.path)} to"
    return [
        Finding("warn", f"{text} {printable(loud.path)}: loud recordings will dominate training.")
    ]


def _rates(corpus: Corpus) -> list[Finding]:
    rates = corpus.recordings.column("source_rate_hz")
    low = rates[rates < corpus.rate_hz]
    if not len(low):
        return []
    lowest = int(low.min())
    text = f"{_recordings(len(low))} sampled below the corpus's {corpus.rate_hz} Hz, down to"
    return [Finding("warn", f"{text} {lowest} Hz: they have no content above half their own rate.")]


def _notes(corpus: Corpus) -> list[Finding]:
    remarks: list[Finding] = []
    for group in noted_groups(corpus):
        if len(group.files) <= MOST_LISTED:
            remarks += [
                Finding("warn", f"{printable(file)}: {note}.") for file, note in group.files
            ]
        else:
            such = f"such as {printable(group.files[0][0])}"
            remarks.append(Finding("warn", f"{len(group.files)} recordings, {such}: {group.text}."))
    return remarks


def _recordings(count: int) -> str:
    return "1 recording was" if count == 1 else f"{count} recordings were"
