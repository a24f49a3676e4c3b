"""A corpus, as scripts hold it."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reverie.api.keywords import PathLike, Settings, dotted, path_of, place_of
from reverie.api.recognised import refuse_other
from reverie.corpus import corpus as prepared
from reverie.corpus import listing
from reverie.corpus import prepare as preparing
from reverie.corpus.inspection import Finding, costs, findings, rows, totals
from reverie.corpus.kinds import what_is
from reverie.corpus.leaks import Leak, known_leaks
from reverie.corpus.listing import ListedCorpus
from reverie.corpus.manifest import Refusal
from reverie.corpus.page import write_corpus_page
from reverie.corpus.place import AnotherCorpusError
from reverie.corpus.prepare_url import prepare_at_url
from reverie.corpus.recording import Recording
from reverie.corpus.settings import PrepareSettings
from reverie.corpus.summary import as_result, lines, unused_lines
from reverie.errors import ReverieError
from reverie.remote.places import naming_urls, place_at
from reverie.remote.store import Store
from reverie.remote.urls import url_name
from reverie.settings import build
from reverie.terminal import printable, shown


class Corpus:
    """Recordings that were decoded, checked and split, ready to train on.

    Args:
        opened: the corpus in its folder.
        is_new: it was prepared just now.
    """

    def __init__(self, opened: prepared.Corpus, *, is_new: bool = False) -> None:
        self.opened = opened
        self.is_new = is_new
        """Whether it was prepared just now."""

    @property
    def folder(self) -> Path:
        """Where it lies; of one at an URL, the folder that stands for it on this machine."""
        return self.opened.folder

    @property
    def url(self) -> str | None:
        """The URL at which it lies; None where it lies in a folder."""
        return self.opened.url

    @property
    def rate_hz(self) -> int:
        """Samples per second."""
        return self.opened.rate_hz

    @property
    def channels(self) -> int:
        """The most channels that any of its recordings has: 1 where all are mono, else 2."""
        return self.opened.channels

    @property
    def seconds(self) -> float:
        """Length of all its recordings together."""
        return self.opened.seconds

    @property
    def recordings(self) -> Sequence[Recording]:
        """Its recordings: path, split, length, codec, loudness and notes of each."""
        return self.opened.recordings

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """Files that could not be used, and why."""
        return tuple(self.opened.refused)

    @property
    def train(self) -> Sequence[Recording]:
        """Recordings that models learn from."""
        return self.opened.of_split("train")

    @property
    def held_out(self) -> Sequence[Recording]:
        """Recordings that models never learn from."""
        return self.opened.of_split("held-out")

    def leaks(self, *, progress: bool = False) -> list[Leak]:
        """Find held-out music that is in the training recordings too.

        The search takes 10 s for each hour at 16 kHz, 25 at 44.1; its result is kept.

        Args:
            progress: show it on stderr.

        Raises:
            ReverieError: the samples are damaged.
        """
        return known_leaks(self.opened, quiet=not progress)

    def findings(self, *, leaks: bool = True, progress: bool = False) -> list[Finding]:
        """Say whether there is enough, and what stands out.

        Args:
            leaks: look for them too; see `leaks`.
            progress: show it on stderr.

        Raises:
            ReverieError: as `leaks`.
        """
        return findings(self.opened, self.leaks(progress=progress) if leaks else [])

    def check(self, *, progress: bool = False) -> None:
        """Compare the samples with the hashes that were stored with them.

        Args:
            progress: show it on stderr.

        Raises:
            ReverieError: they are damaged.
        """
        self.opened.check(quiet=not progress)

    def write_page(self, path: PathLike, *, leaks: bool = True, progress: bool = False) -> Path:
        """Write a page with a player, the waveform and the spectrogram of each recording.

        Args:
            path: the page.
            leaks: look for them too; see `leaks`.
            progress: show it on stderr.

        Raises:
            ReverieError: the disk refuses.
        """
        found = self.leaks(progress=progress) if leaks else []
        write_corpus_page(self.opened, page := path_of(path, "path"), found, quiet=not progress)
        return page

    def lines(self) -> list[str]:
        """Say what it holds and what was not used, line by line, and what to do next."""
        return [shown(line) for line in lines(self.opened)]

    def inspection_lines(self) -> list[str]:
        """Say how much there is, and what was not used, line by line."""
        return [totals(self.opened), *unused_lines(self.opened)]

    def rows(self, most: int | None = None) -> list[tuple[str, ...]]:
        """Cells by `reverie.corpus.inspection.COLUMNS`, of all recordings or `most` of them."""
        return rows(self.opened, most)

    def costs(self) -> dict[str, float]:
        """Say how many seconds `check` and `leaks` take, roughly; 0 for what was done before."""
        return costs(self.opened)

    def as_dict(self) -> dict[str, Any]:
        """Everything that is known of it, as plain values."""
        return as_result(self.opened)

    def __repr__(self) -> str:
        return f"Corpus {self.folder}: {totals(self.opened)}"


def prepare(
    recordings: PathLike,
    out: PathLike | None = None,
    settings: Settings | None = None,
    *,
    replace: bool = False,
    processes: int | None = None,
    ray: str | None = None,
    progress: bool = False,
    **keywords: Any,
) -> Corpus:
    """Turn a folder of recordings into a corpus, or bring one up to date.

    Args:
        recordings: a folder of audio files of any kind, searched with all below it; or its URL.
        out: the corpus's folder, or an URL; `NAME-corpus` in the current folder if not given.
        settings: of `PrepareSettings`, by name.
        replace: put it in the place of a corpus of other recordings.
        processes: files decoded at once; as many as there are cores if not given. With `ray`, in
            each piece of work: 4, or as many as a node has processors, if not given.
        ray: the address of a Ray cluster over whose nodes recordings are spread: `host:port`;
            `auto` for the one that this machine is part of; `local` for one of this machine alone.
        progress: show it on stderr.
        **keywords: settings, such as `rate_hz=22050`.

    Raises:
        ReverieError: nothing in the folder can be used, or something else is in the way.
    """
    chosen = dotted(PrepareSettings, settings, keywords, "prepare")
    try:
        with naming_urls():
            return _prepare(recordings, out, chosen, progress=progress,
                            replace=replace, processes=processes, ray=ray)  # fmt: skip
    except AnotherCorpusError as error:
        remedy = "Choose another `out`, or give `replace=True` to put the new corpus in its place."
        raise ReverieError(error.problem, remedy) from error


def _prepare(
    recordings: PathLike,
    out: PathLike | None,
    settings: Settings,
    *,
    progress: bool,
    **options: Any,
) -> Corpus:
    """Prepare recordings, by settings with their dotted names and options of `prepare`.

    Raises:
        AnotherCorpusError: a corpus of other recordings is there.
        ReverieError: as `prepare`.
    """
    source = place_of(recordings, "recordings")
    target = default_corpus_folder(source) if out is None else place_of(out, "out")
    chosen = build(PrepareSettings, settings, "prepare")
    options["quiet"] = not progress
    if isinstance(target, str):
        return Corpus(prepare_at_url(source, target, chosen, **options), is_new=True)
    return Corpus(preparing.prepare(source, target, chosen, **options), is_new=True)


def list_corpora(folder: PathLike = ".") -> list[ListedCorpus]:
    """List the corpora in a folder, searched three folders deep; only manifests are read.

    Raises:
        ReverieError: the folder is missing.
    """
    return listing.list_corpora(path_of(folder, "folder"))


def default_corpus_folder(recordings: Path | str) -> Path:
    """Where a corpus goes if nothing is said: `NAME-corpus` in the current folder."""
    name = url_name(recordings) if isinstance(recordings, str) else recordings.resolve().name
    return Path(f"{name}-corpus")


def open_corpus(folder: PathLike) -> Corpus:
    """Open a corpus that was prepared.

    Args:
        folder: its folder or its URL, or the demo's folder.

    Raises:
        ReverieError: there is none, or it is damaged.
    """
    path = place_of(folder, "folder")
    if isinstance(path, str):
        with naming_urls():
            return Corpus(prepared.Corpus.open(place_at(path).folder))
    place = what_is(path)
    refuse_other(place, "corpus")
    return Corpus(prepared.Corpus.open(place.corpus or path))


def corpus_of(
    corpus: Corpus | PathLike, *, ray: str | None = None, progress: bool = False
) -> Corpus:
    """Open the corpus that a folder is or belongs to; recordings are prepared first.

    Args:
        corpus: a corpus, its folder, a folder of recordings, an URL of either, or the demo's
            folder.
        ray: as in `prepare`.
        progress: show it on stderr.

    Raises:
        ReverieError: it is none of these, or it is damaged.
    """
    if isinstance(corpus, Corpus):
        return corpus
    path = place_of(corpus, "corpus", "a Corpus")
    if _is_recordings(path):
        try:
            return _prepare(path, None, {}, ray=ray, progress=progress)
        except AnotherCorpusError as error:
            recordings = shlex.quote(printable(str(path)))
            remedy = f"Prepare it elsewhere: reverie prepare {recordings} --out FOLDER"
            raise ReverieError(error.problem, remedy) from error
    return open_corpus(path)


def _is_recordings(path: Path | str) -> bool:
    if isinstance(path, str):
        return not Store(path).is_there(prepared.MANIFEST)
    return what_is(path).kind == "recordings"


def as_corpus(corpus: "Corpus | PathLike") -> Corpus:
    """The corpus itself, or the one in a folder.

    Raises:
        ReverieError: as `open_corpus`.
    """
    if isinstance(corpus, Corpus):
        return corpus
    return open_corpus(str(place_of(corpus, "corpus", "a Corpus")))
