"""Find recordings concatenated in one file, so that they can be decoded one after another.

FFmpeg itself continues past a seam in MP3, AAC, AC-3 or transport streams. At other seams it stops,
loses sound with other parameters, or plays a header as sound; there each link is opened separately.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from reverie.audio.reading.extent import declared_end
from reverie.audio.reading.ogg import Page, first_pages, last_page, page_at

MOST_LINKS = 10_000
"""After this many links, the rest of a file is one link."""

READ_BYTES = 1 << 20

FLAC_START = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")
"""The magic of a FLAC and the header of the block that must follow it."""

OGG_START = re.compile(rb"OggS\x00\x02")
"""The beginning of a page that begins a stream."""


class Link(NamedTuple):
    """The bytes from `start` up to `end` of a file."""

    start: int
    end: int


def links(path: Path) -> list[Link]:
    """Find the concatenated recordings in a file by their headers; usually one.

    Args:
        path: the file.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        magic = file.read(4)
        if magic == b"OggS":
            starts = _ogg_starts(file, size)
        else:
            starts = [0]
            while (end := declared_end(file, starts[-1], size)) and starts[-1] < end < size:
                file.seek(end)
                # The next link must begin like the file: in an MP4, its second four bytes do.
                head = file.read(8)
                same = head[:4] == magic if magic[:1] != b"\0" else head[4:] == b"ftyp"
                if not same or len(starts) == MOST_LINKS:
                    break
                starts.append(end)
    return _parted(starts, size)


def flac_links(path: Path) -> list[Link]:
    """Find concatenated FLAC files by searching the whole file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        starts = [0, *(place for place in _places(file, FLAC_START) if place)]
    return _parted(starts[:MOST_LINKS], size)


def _parted(starts: list[int], size: int) -> list[Link]:
    return [Link(*span) for span in zip(starts, [*starts[1:], size], strict=True)]


def _ogg_starts(file: BinaryIO, size: int) -> list[int]:
    """Return where the chained links of an Ogg begin.

    Only a search finds them; the serial number of the last page shows whether there are any.
    """
    first, last = first_pages(file), last_page(file, size)
    if not first or last is None or last.serial in {page.serial for page in first}:
        return [0]
    starts, group_end = [0], first[-1].end
    for place in _places(file, OGG_START):
        if place < group_end or len(starts) == MOST_LINKS:
            continue
        page: Page | None = page_at(file, place)
        if page is None:
            continue
        # The first pages of multiplexed streams directly follow each other.
        if place > group_end:
            starts.append(place)
        group_end = page.end
    return starts


def _places(file: BinaryIO, pattern: re.Pattern[bytes]) -> Iterator[int]:
    """Yield each position of a pattern of up to 8 bytes."""
    place, tail, latest = 0, b"", -1
    while True:
        file.seek(place)
        data = file.read(READ_BYTES)
        if not data:
            return
        for match in pattern.finditer(tail + data):
            start = place - len(tail) + match.start()
            if start > latest:
                latest = start
                yield start
        place += len(data)
        # A match may span two pieces.
        tail = data[-7:]


class Window(io.RawIOBase):
    """A part of a file presented as a whole file, with some bytes replaced.

    Args:
        path: the file.
        link: the part; None for the whole file.
        patch: maps positions within the part to the bytes to read there instead.
    """

    def __init__(self, path: Path, link: Link | None, patch: dict[int, bytes]) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._link = link or Link(0, path.stat().st_size)
        self._patch, self._place = patch, 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that it can be read from any position."""
        return True

    def tell(self) -> int:
        """Return the position of the next byte."""
        return self._place

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move to another position."""
        base = (0, self._place, self._link.end - self._link.start)[whence]
        self._place = max(0, base + offset)
        return self._place

    def read(self, size: int = -1, /) -> bytes:
        """Read up to `size` bytes; all remaining bytes if it is negative."""
        left = max(0, self._link.end - self._link.start - self._place)
        size = left if size < 0 else min(size, left)
        self._file.seek(self._link.start + self._place)
        data = self._file.read(size)
        for place, new in self._patch.items():
            begin, end = max(place, self._place), min(place + len(new), self._place + len(data))
            if begin < end:
                patched = bytearray(data)
                patched[begin - self._place : end - self._place] = new[begin - place : end - place]
                data = bytes(patched)
        self._place += len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
