"""A corpus, as scripts hold it."""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

from reverie.api.keywords import Settings, dotted
from reverie.corpus import corpus as prepared
from reverie.corpus import prepare as preparing
from reverie.corpus.inspection import Finding, findings
from reverie.corpus.leaks import Leak, known_leaks
from reverie.corpus.manifest import Recording, Refusal
from reverie.corpus.page import write_corpus_page
from reverie.corpus.settings import PrepareSettings
from reverie.corpus.summary import as_result, lines
from reverie.settings import build

PathLike = str | os.PathLike[str]


class Corpus:
    """Recordings that were decoded, checked and split, ready to train on.

    Args:
        opened: the corpus in its folder.
    """

    def __init__(self, opened: prepared.Corpus) -> None:
        self.opened = opened

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.opened.folder

    @property
    def rate_hz(self) -> int:
        """Samples per second."""
        return self.opened.rate_hz

    @property
    def seconds(self) -> float:
        """Length of all its recordings together."""
        return self.opened.seconds

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """Its recordings: path, split, length, codec, loudness and notes of each."""
        return tuple(self.opened.recordings)

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """Files that could not be used, and why."""
        return tuple(self.opened.refused)

    @property
    def train(self) -> tuple[Recording, ...]:
        """Recordings that models learn from."""
        return tuple(self.opened.of_split("train"))

    @property
    def held_out(self) -> tuple[Recording, ...]:
        """Recordings that models never learn from."""
        return tuple(self.opened.of_split("held-out"))

    @cached_property
    def leaks(self) -> list[Leak]:
        """Held-out music that is in the training recordings too.

        The search takes a third of a minute for each hour; its result is kept with the corpus.

        Raises:
            ReverieError: the samples are damaged, or the disk refuses.
        """
        return known_leaks(self.opened, quiet=True)

    def findings(self, *, leaks: bool = True) -> list[Finding]:
        """Say whether there is enough, and what stands out.

        Args:
            leaks: look for them too.

        Raises:
            ReverieError: as `leaks`.
        """
        return findings(self.opened, self.leaks if leaks else [])

    def check(self) -> None:
        """Compare the samples with the hashes that were stored with them.

        Raises:
            ReverieError: they are damaged.
        """
        self.opened.check(quiet=True)

    def write_page(self, path: PathLike, *, leaks: bool = True) -> Path:
        """Write a page with the waveform and the spectrogram of each recording.

        Raises:
            ReverieError: the disk refuses.
        """
        write_corpus_page(self.opened, Path(path), self.leaks if leaks else [], quiet=True)
        return Path(path)

    def as_dict(self) -> dict[str, Any]:
        """Everything that is known of it, as plain values."""
        return as_result(self.opened)

    def __repr__(self) -> str:
        return "\n".join(lines(self.opened)[:1])


def prepare(
    recordings: PathLike,
    out: PathLike | None = None,
    settings: Settings | None = None,
    *,
    replace: bool = False,
    processes: int | None = None,
    progress: bool = False,
    **keywords: Any,
) -> Corpus:
    """Turn a folder of recordings into a corpus, or bring one up to date.

    Args:
        recordings: a folder of audio files of any kind, searched with all below it.
        out: the corpus's folder; `NAME-corpus` in the current folder if not given.
        settings: of `PrepareSettings`, by name.
        replace: put it in the place of a corpus of other recordings.
        processes: files decoded at once; as many as there are cores if not given.
        progress: show it on stderr.
        **keywords: settings, such as `rate_hz=22050`.

    Raises:
        ReverieError: nothing in the folder can be used, or something else is in the way.
    """
    chosen = dotted(PrepareSettings, settings, keywords, "prepare")
    made = preparing.prepare(
        Path(recordings),
        default_corpus_folder(Path(recordings)) if out is None else Path(out),
        build(PrepareSettings, chosen, "prepare"),
        replace=replace,
        processes=processes,
        quiet=not progress,
    )
    return Corpus(made)


def default_corpus_folder(recordings: Path) -> Path:
    """Where a corpus goes if nothing is said: `NAME-corpus` in the current folder."""
    return Path(f"{recordings.resolve().name}-corpus")


def open_corpus(folder: PathLike) -> Corpus:
    """Open a corpus that was prepared.

    Raises:
        ReverieError: there is none, or it is damaged.
    """
    return Corpus(prepared.Corpus.open(Path(folder)))


def as_corpus(corpus: "Corpus | PathLike") -> Corpus:
    """The corpus itself, or the one in a folder.

    Raises:
        ReverieError: as `open_corpus`.
    """
    return corpus if isinstance(corpus, Corpus) else open_corpus(corpus)
