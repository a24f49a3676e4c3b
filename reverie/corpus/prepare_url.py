"""Prepare a corpus at an URL: in a folder of this machine, from which it is sent, manifest last."""

from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reverie.corpus.corpus import Corpus
from reverie.corpus.fetching import fetch_manifest
from reverie.corpus.journal import NAME as JOURNAL
from reverie.corpus.manifest import MANIFEST, TABLES
from reverie.corpus.prepare import prepare
from reverie.corpus.sample import SAMPLES
from reverie.corpus.settings import PrepareSettings
from reverie.corpus.shards import FOLDER as SHARDS
from reverie.errors import ReverieError
from reverie.progress import ProgressBar
from reverie.remote.lease import WRITER, Lease, writing
from reverie.remote.places import Place, place_at
from reverie.similarity.compared import FILE as COMPARED


def prepare_at_url(
    recordings: Path | str,
    url: str,
    settings: PrepareSettings,
    *,
    quiet: bool = False,
    **options: Any,
) -> Corpus:
    """Make or update the corpus at an URL.

    It takes as much room on this machine as the corpus has; the folder is a part of the cache once
    all of it is sent. The manifest is sent last, so that the corpus at the URL is the one before,
    or none, until the new one is whole there.

    Args:
        recordings: as `prepare`.
        url: of the corpus.
        settings: as `prepare`.
        quiet: show no progress.
        **options: as `prepare`.

    Returns:
        The corpus at the URL, opened.

    Raises:
        ReverieError: as `prepare`; or another process writes there, or the store does not answer.
    """
    place = place_at(url)
    with writing(place) as lease:
        _refuse_others(place)
        _pull(place, quiet=quiet)
        place.mark_unsent(True)
        with _working(place), _sending(place) as send:
            prepare(recordings, place.folder, settings, quiet=quiet,
                    on_whole_shard=send, **options)  # fmt: skip
        _push(place, lease, quiet=quiet)
        place.mark_unsent(False)
    return Corpus.open(place.folder)


def _refuse_others(place: Place) -> None:
    """Refuse to put a corpus among other files.

    Raises:
        ReverieError: others lie at the URL, or the store does not answer.
    """
    others = [name for name in place.list() if name != WRITER and not _is_of_a_corpus(name)]
    if others and MANIFEST not in place.listed:
        raise ReverieError(
            f"{place.url} holds other files, such as {others[0]}, and is not a corpus.",
            "Choose a new URL for the corpus.",
        )


def _is_of_a_corpus(name: str) -> bool:
    path = Path(name)
    return (
        name in (MANIFEST, JOURNAL, COMPARED)
        or (path.parent == Path(SHARDS) and path.suffix == ".pcm")
        or (path.parent == Path() and (path.match(TABLES) or path.match(SAMPLES)))
    )


def _pull(place: Place, *, quiet: bool) -> None:
    """Bring a corpus here to update it, unless what lies here was begun from what is there.

    Raises:
        ReverieError: the store does not answer, or there is no room.
    """
    if MANIFEST not in place.listed:
        return
    begun = place.is_unsent and place.is_current(MANIFEST, place.listed[MANIFEST])
    if not begun:
        place.drop_stale()
        fetch_manifest(place)
    missing = [
        name
        for name in place.listed
        if _is_of_a_corpus(name) and not (begun and place.path(name).is_file())
    ]
    with ProgressBar("Fetching", len(missing), "files", quiet=quiet) as work:
        for name in missing:
            place.fetch([name], most_bytes=None)
            work.advance(note=name)


@contextmanager
def _working(place: Place) -> Generator[None]:
    place.is_working = True
    try:
        yield
    finally:
        place.is_working = False


@contextmanager
def _sending(place: Place) -> Generator[Callable[[Path], None]]:
    """Give what sends shards that are whole, one after another, while others are made.

    What fails is sent again at the end, where it is told.
    """
    pool = ThreadPoolExecutor(1)
    sent: list[Future[None]] = []

    def send(path: Path) -> None:
        sent.append(pool.submit(place.send, path.relative_to(place.folder).as_posix()))

    try:
        yield send
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _push(place: Place, lease: Lease, *, quiet: bool) -> None:
    """Send what lies here and not at the URL, the manifest last; then remove what it names no more.

    Raises:
        ReverieError: the store does not answer, or another process writes there now.
    """
    here = [
        path.relative_to(place.folder).as_posix()
        for path in sorted(place.folder.rglob("[!.]*"))
        if path.is_file() and _is_of_a_corpus(path.relative_to(place.folder).as_posix())
    ]
    here.sort(key=lambda name: (name == MANIFEST, name == JOURNAL))
    with ProgressBar("Sending", len(here), "files", quiet=quiet) as work:
        for name in here:
            lease.check()
            place.send(name)
            work.advance(note=name)
    place.remove(
        [name for name in list(place.listed) if _is_of_a_corpus(name) and name not in here]
    )
