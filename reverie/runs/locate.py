"""Finding the corpus of a run again, also where both were moved together."""

import os
from collections.abc import Iterator
from pathlib import Path

from reverie.corpus.corpus import MANIFEST, Corpus
from reverie.errors import ReverieError
from reverie.remote.places import is_known, place_at, place_of
from reverie.remote.urls import same_store

MOST_SIBLINGS = 100
"""Folders beside a run that are looked into."""


def path_between(run: Path, corpus: Path) -> str | None:
    """The way from the folder of a run to that of its corpus; None where there is none."""
    try:
        return os.path.relpath(corpus.resolve(), run.resolve())
    except ValueError:  # on two drives
        return None


def find_corpus(
    run: Path, content_hash: str, stored: Path | str | None, relative: str | None
) -> Corpus:
    """The corpus that a run was trained on, by its content.

    It is looked for where it was, where it was as seen from the run, and beside the run.

    Args:
        run: folder of the run.
        content_hash: of the corpus.
        stored: where it was, a folder or an URL; None where the run was exported and does not say.
        relative: the same from the run; None where an old version did not keep it.

    Raises:
        ReverieError: it is in none of these places, or was changed.
    """
    if isinstance(stored, str):
        return _corpus_at(run, content_hash, stored)
    refused: ReverieError | None = None
    for folder in _places(run, stored, relative):
        try:
            corpus = Corpus.open(folder)
        except ReverieError as error:
            refused = error if folder == stored else refused
            continue
        if corpus.content_hash == content_hash:
            return corpus
        if folder == stored:
            refused = ReverieError(
                f"{stored} has changed since {run} was trained on it.",
                "Prepare it as it was, or give a copy of it as `corpus`.",
            )
    if refused and stored and (stored / MANIFEST).exists():
        raise refused
    place = f"neither at {stored} nor" if stored else "not"
    raise ReverieError(
        f"the corpus of {run} is {place} beside the run.",
        "Put it beside the run, or give it as `corpus`.",
    )


def _corpus_at(run: Path, content_hash: str, url: str) -> Corpus:
    """The corpus that a run was trained on, at an URL that the run names.

    Whoever wrote the run chose that URL. So it is asked for what it has only if it was opened from
    this machine before, or lies in the store where the run lies itself.

    Raises:
        ReverieError: it is neither, it is not there, or it was changed.
    """
    own = place_of(run)
    if not (is_known(url) or (own is not None and same_store(own.url, url))):
        raise ReverieError(
            f"the corpus of {run} was at {url}.", "Give that, or a copy of it, as `corpus`."
        )
    return given_corpus(run, content_hash, place_at(url).folder)


def given_corpus(run: Path, content_hash: str, folder: Path) -> Corpus:
    """The corpus in `folder`, which a person said to be that of the run.

    Raises:
        ReverieError: it is another, or none.
    """
    corpus = Corpus.open(folder)
    if corpus.content_hash != content_hash:
        raise ReverieError(
            f"{folder} is not the corpus that {run} was trained on, or has changed since.",
            "Give the corpus that it was trained on.",
        )
    return corpus


def _places(run: Path, stored: Path | None, relative: str | None) -> Iterator[Path]:
    """Folders that may be the corpus, the likeliest first."""
    beside = run.resolve().parent
    likely: list[Path] = []
    if stored is not None:
        yield stored
        likely.append(beside / stored.name)
    if relative is not None:
        likely.insert(0, run.resolve() / relative)
    yield from (folder for folder in likely if folder.is_dir())
    try:
        siblings = sorted(beside.iterdir())
    except OSError:
        return
    for folder in siblings[:MOST_SIBLINGS]:
        if folder not in likely and (folder / MANIFEST).is_file():
            yield folder
