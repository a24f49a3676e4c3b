"""Folders of sounds and of pages at URLs: brought here to be read, or sent once they are made."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from reverie.errors import ReverieError
from reverie.remote.lease import WRITER, writing
from reverie.remote.places import Place, place_at

_LAST = (".json", ".html")
"""Files that say what others are, which are sent after them."""


def folder_from(url: str, wanted: Callable[[str], bool]) -> Path:
    """Bring the files of a folder at an URL here, and return the folder here.

    Args:
        url: of the folder, or of one file.
        wanted: says of a file by its path whether it is brought.

    Raises:
        ReverieError: nothing is there, or the store does not answer.
    """
    place = place_at(url)
    if place.list():
        place.drop_stale()
        place.fetch([name for name in place.listed if wanted(name)], most_bytes=None)
        return place.folder
    above, _, name = place.url.rpartition("/")
    inside = place_at(above)
    if not inside.fetch_one(name):
        raise ReverieError(f"{url} is not there.", "Check the URL.")
    return inside.path(name)


@contextmanager
def folder_to(url: str, wanted: Callable[[str], bool] = lambda _: True) -> Generator[Path]:
    """Give a folder here with what lies at an URL; what is made in it is sent at the end.

    Where that fails, it stays here and is sent when the same URL is next written to.

    Args:
        url: of the folder.
        wanted: says of a file by its path whether it is brought, and sent.

    Raises:
        ReverieError: another process writes there, or the store does not answer.
    """
    place = place_at(url)
    with writing(place) as lease:
        place.list()
        if not place.is_unsent:
            place.drop_stale()
        names = [name for name in place.listed if wanted(name) and name != WRITER]
        place.fetch([name for name in names if not _is_newer(place, name)], most_bytes=None)
        place.mark_unsent(True)
        try:
            yield place.folder
        finally:
            files = [one for one in place.folder.rglob("[!.]*") if one.is_file()]
            made = sorted(one.relative_to(place.folder).as_posix() for one in files)
            made.sort(key=lambda name: name.endswith(_LAST))
            for name in filter(wanted, made):
                lease.check()
                place.send(name)
            place.remove([name for name in names if not place.path(name).is_file()])
            place.mark_unsent(False)


def _is_newer(place: Place, name: str) -> bool:
    """Whether a file was changed here and not sent."""
    return place.is_unsent and place.path(name).is_file() and not place.is_as_kept(name)
