"""Whether an Ogg file ends where its last page does."""

from pathlib import Path

LONGEST_PAGE_BYTES = 27 + 255 + 255 * 255


def ends_within_page(path: Path) -> bool:
    """Whether the last page of the Ogg file `path` (Vorbis, Opus, FLAC) is not all there."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - LONGEST_PAGE_BYTES))
        tail = file.read()
    start = tail.rfind(b"OggS\0")
    if start < 0:
        return False
    page = tail[start:]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return True
    return len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]])
