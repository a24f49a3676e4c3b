"""A place: the folder on this machine that stands for one URL, with what was fetched of it.

places/KEY/place.json   the URL, and which version of each file lies here
places/KEY/NAME/        the files, under the names that they have at the URL

Code that reads a folder of ours reads the place's folder as any other. What is large is fetched
when it is needed (`need`).
"""

import dataclasses
import os
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from reverie.errors import ReverieError
from reverie.remote.cache import UNSENT, Cache, cache, hold, touch
from reverie.remote.entries import Entry
from reverie.remote.held import PLACE, About, Held, facts_of, home_of, read_about
from reverie.remote.store import Store
from reverie.remote.trying import GoneError
from reverie.remote.urls import checked_url, url_name
from reverie.storage import clear_disk_errors, write_json
from reverie.terminal import call, shown

AT_ONCE = 8
"""Files of a place that are fetched at once."""
MOST_SMALL_BYTES = 1 << 30
"""A file that is fetched without being asked for by a person is no larger."""


class Place:
    """The folder that stands for an URL on this machine, held while this process lives.

    Args:
        url: of the folder.

    Raises:
        ReverieError: nothing installed opens the URL, or the disk refuses.
    """

    def __init__(self, url: str) -> None:
        self.url = checked_url(url)
        self.cache: Cache = cache()
        self.home = home_of(self.cache, self.url)
        self._lock = hold(self.home)
        name = url_name(self.url)
        self.folder = self.home / (name if name not in (PLACE, UNSENT) else "folder")
        with clear_disk_errors(self.folder):
            self.folder.mkdir(exist_ok=True)
        about = read_about(self.home)
        self._files: dict[str, Held] = dict(about.files) if about else {}
        self.writer = about.writer if about else ""
        """Who wrote at the URL last, as far as it was from here."""
        self.listed: dict[str, Entry] = {}
        """What lies at the URL, as it was listed last."""
        self.is_working = False
        """Whether this process makes what lies here, so that it is not as it is at the URL."""
        self._note()

    @cached_property
    def store(self) -> Store:
        """What lies at the URL."""
        return Store(self.url)

    @property
    def is_unsent(self) -> bool:
        """Whether something lies here that is not at the URL yet."""
        return (self.home / UNSENT).exists()

    def mark_unsent(self, unsent: bool) -> None:
        """Note whether something lies here that is not at the URL yet, and must not be removed."""
        with clear_disk_errors(self.home):
            if unsent:
                (self.home / UNSENT).touch()
            else:
                (self.home / UNSENT).unlink(missing_ok=True)

    def list(self) -> dict[str, Entry]:
        """List what lies at the URL.

        Raises:
            ReverieError: the store does not answer.
        """
        self.listed = self.store.listing()
        return self.listed

    def path(self, name: str) -> Path:
        """Return where a file lies here."""
        return self.folder / name

    def is_current(self, name: str, entry: Entry) -> bool:
        """Whether a file lies here as it is at the URL."""
        held = self._files.get(name)
        return (
            held is not None
            and held.version == entry.version != ""
            and facts_of(self.path(name)) == (held.size, held.mtime_ns)
        )

    def is_as_kept(self, name: str) -> bool:
        """Whether a file lies here as it was fetched or sent, and was not changed since."""
        held = self._files.get(name)
        return held is not None and facts_of(self.path(name)) == (held.size, held.mtime_ns)

    def fetch(self, names: Iterable[str], *, most_bytes: int | None = MOST_SMALL_BYTES) -> None:
        """Bring files here as they are at the URL; those that are here already are not read.

        Args:
            names: of files that were listed; others are passed over.
            most_bytes: a larger file is refused; None for any that the disk has room for.

        Raises:
            ReverieError: the store does not answer, or the disk refuses.
        """

        def fetch(name: str) -> None:
            entry, named = self.listed[name], self.store.named(name)
            if most_bytes is not None and (entry.size or 0) > most_bytes:
                raise ReverieError(f"{named} holds {entry.size} bytes.", "Check the URL.")
            self.cache.make_room(entry.size or 0, named, bounded=False)
            self._hold(name, self.store.fetch(name, self.path(name), entry))

        there = [name for name in names if name in self.listed]
        missing = [name for name in there if not self.is_current(name, self.listed[name])]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                for _ in pool.map(fetch, missing):
                    pass
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
            finally:
                self._note()

    def fetch_one(self, name: str) -> bool:
        """Bring one file here as it is at the URL now, without listing; return whether it is there.

        Raises:
            ReverieError: the store does not answer, or the disk refuses.
        """
        try:
            self.listed[name] = self.store.entry(name)
        except GoneError:
            self.listed.pop(name, None)
            self.path(name).unlink(missing_ok=True)
            return False
        self.fetch([name])
        return True

    def send(self, name: str) -> None:
        """Bring a file to the URL, unless it lies there as it is here.

        Raises:
            ReverieError: the store does not answer, or refuses.
        """
        entry = self.listed.get(name)
        if entry is not None and self.is_current(name, entry):
            return
        before = facts_of(self.path(name))
        sent = self.store.send(self.path(name), name)
        self.listed[name] = sent
        if before == facts_of(self.path(name)):
            self.keep(name, sent)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files at the URL, in order.

        Raises:
            ReverieError: the store does not answer, or refuses.
        """
        for name in names:
            self.store.remove([name])
            self.listed.pop(name, None)
            self._files.pop(name, None)
        self._note()

    def keep(self, name: str, entry: Entry) -> None:
        """Note that a file lies here as the URL has it."""
        self._hold(name, entry)
        self._note()

    def _hold(self, name: str, entry: Entry) -> None:
        facts = facts_of(self.path(name))
        if facts is not None:
            self._files[name] = Held(entry.version, *facts)

    def keep_writer(self, writer: str) -> None:
        """Note who writes at the URL from here."""
        self.writer = writer
        self._note()

    def drop_stale(self) -> None:
        """Remove what lies here and was fetched, and is another or gone at the URL by now."""
        for name in [*self._files]:
            entry = self.listed.get(name)
            if self.is_as_kept(name) and (entry is None or not self.is_current(name, entry)):
                self.path(name).unlink(missing_ok=True)
                del self._files[name]

    def touch(self) -> None:
        """Note that it is used."""
        touch(self.home / ".using")

    def _note(self) -> None:
        about = About(self.url, self._files, self.writer)
        write_json(self.home / PLACE, dataclasses.asdict(about))


_opened: dict[tuple[Path, str], Place] = {}
"""Places that this process has opened; they are held until it ends."""


def place_at(url: str) -> Place:
    """Return the place of an URL, the same for all of this process.

    Raises:
        ReverieError: as `Place`.
    """
    key = cache().folder, checked_url(url)
    if key not in _opened:
        _opened[key] = place = Place(url)
        call(str(place.folder), place.url)
    _opened[key].touch()
    return _opened[key]


def place_of(path: Path) -> Place | None:
    """Return the place in which `path` lies; None where it lies in none that was opened here."""
    if not _opened:
        return None
    for place in _opened.values():
        if path == place.folder or place.folder in path.parents:
            return place
    return None


def is_known(url: str) -> bool:
    """Whether a person has opened an URL from this machine before, as far as the cache knows."""
    return (home_of(cache(), checked_url(url)) / PLACE).is_file()


def need(path: Path) -> None:
    """Fetch a file of a place if it is missing there; other files are left to who opens them.

    Raises:
        ReverieError: the store does not answer, or the disk refuses.
    """
    place = None if os.path.lexists(path) else place_of(path)
    if place is not None:
        place.fetch([path.relative_to(place.folder).as_posix()], most_bytes=None)


def as_given(path: Path) -> str:
    """Return what a person would call a folder: its URL, or its path."""
    place = place_of(path)
    if place is None:
        return str(path)
    inside = path.relative_to(place.folder).as_posix()
    return place.url if inside == "." else f"{place.url}/{inside}"


@contextmanager
def naming_urls() -> Generator[None]:
    """Let errors name URLs, and not the folders that stand for them."""
    try:
        yield
    except ReverieError as error:
        error.problem, error.remedy = shown(error.problem), shown(error.remedy)
        error.args = tuple(shown(str(one)) for one in error.args)
        raise
