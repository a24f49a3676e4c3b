"""Read the pages of an Ogg file: where its streams begin, and whether its last page is intact."""

from pathlib import Path
from typing import BinaryIO, NamedTuple

HEADER_BYTES = 27
FIRST, LAST = 2, 4
"""Flags of the first and of the last page of a stream."""

MOST_STREAMS = 64

READ_BYTES = 1 << 18


class Page(NamedTuple):
    """A page's position, stream and flags."""

    start: int
    end: int
    serial: int
    flags: int


def page_at(file: BinaryIO, place: int) -> Page | None:
    """Return the page that begins at `place`; None if none does."""
    file.seek(place)
    head = file.read(HEADER_BYTES)
    if len(head) < HEADER_BYTES or not head.startswith(b"OggS\0"):
        return None
    lengths = file.read(head[26])
    end = place + HEADER_BYTES + head[26] + sum(lengths)
    # If the table of lengths is cut, the page has at least these bytes more.
    end += head[26] - len(lengths)
    return Page(place, end, int.from_bytes(head[14:18], "little"), head[5])


def first_pages(file: BinaryIO) -> list[Page]:
    """Return the pages that begin the streams of the first link."""
    pages: list[Page] = []
    while len(pages) < MOST_STREAMS:
        page = page_at(file, pages[-1].end if pages else 0)
        if page is None or not page.flags & FIRST:
            break
        pages.append(page)
    return pages


def last_page(file: BinaryIO, size: int) -> Page | None:
    """Return the last page with a complete header; None if there is none."""
    end = size
    while end > 0:
        start = max(0, end - READ_BYTES)
        file.seek(start)
        # Read 4 bytes more, because the magic may span two pieces.
        tail = file.read(end - start + 4)
        while (place := tail.rfind(b"OggS\0")) >= 0:
            if page := page_at(file, start + place):
                return page
            tail = tail[:place]
        end = start
    return None


def ends_within_page(path: Path) -> bool:
    """Return whether the last page of the Ogg file `path` (Vorbis, Opus, FLAC) is cut short."""
    size = path.stat().st_size
    with path.open("rb") as file:
        page = last_page(file, size)
        end = size if page is None else page.end
        file.seek(end)
        # The next page may be cut within its header.
        begun = file.read(HEADER_BYTES)
    return end > size or (0 < len(begun) < HEADER_BYTES and begun.startswith(b"OggS"[: len(begun)]))


def lacks_end(path: Path) -> bool:
    """Return whether the last page of an Ogg file lacks the flag that ends its stream."""
    with path.open("rb") as file:
        page = last_page(file, path.stat().st_size)
    return page is not None and not page.flags & LAST
