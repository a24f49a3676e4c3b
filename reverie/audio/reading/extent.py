"""Find where a recording ends by its file's own headers.

FFmpeg reads what it can of a container and does not report the rest: an incomplete download plays
up to its break, and a second recording appended to the first is not noticed.
"""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

MOST_CHUNKS = 100_000
"""Most chunks to read before giving up."""

UNKNOWN_SIZE = 0x7FFFF000
"""Programs that write into a pipe put 0xFFFFFFFF, 0, or a value from this on for an unknown
size."""

ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
MP4_STARTS = {b"ftyp", b"styp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}


def declared_end(file: BinaryIO, start: int, size: int) -> int | None:
    """Return where the recording that begins at `start` ends, by its headers.

    Args:
        file: open for reading; its position changes.
        start: position of the recording's first byte.
        size: of the whole file, in bytes.

    Returns:
        The byte after its last one, which lies beyond `size` if the file was cut; None if the
        container does not declare it, or is unknown here.
    """
    file.seek(start)
    head = file.read(32).ljust(32, b"\0")
    for magic, walk in _WALKS.items():
        if head.startswith(magic):
            return walk(file, start, size)
    return _mp4(file, start, size) if head[4:8] in MP4_STARTS else None


def asf_seconds(path: Path) -> float | None:
    """Return the duration in the header of an ASF file (WMA, WMV); None if it has none."""
    with path.open("rb") as file:
        properties = _asf_properties(file, 0, path.stat().st_size)
    if properties is None or properties[2] & 1:
        return None
    return properties[1]


def _read(file: BinaryIO, form: str) -> tuple[int, ...]:
    """Read the next numbers of the file; zeros past its end."""
    length = struct.calcsize(form)
    return struct.unpack(form, file.read(length).ljust(length, b"\0"))


def _riff(file: BinaryIO, start: int, size: int) -> int | None:
    """Read RIFF as one chunk; an AVI of more than 1 GB continues in chunks named `AVIX`."""
    end = start
    for _ in range(MOST_CHUNKS):
        file.seek(end)
        head = file.read(12).ljust(12, b"\0")
        if end > start and (head[:4] != b"RIFF" or head[8:] != b"AVIX"):
            break
        length = int.from_bytes(head[4:8], "big" if head[:4] == b"RIFX" else "little")
        if not length or (length >= UNKNOWN_SIZE and end == start):
            return None
        end += 8 + length + length % 2
    # Programs often omit the last padding byte.
    return size if end == size + 1 else end


def _rf64(file: BinaryIO, start: int, _: int) -> int | None:
    file.seek(start + 12)
    if file.read(4) != b"ds64":
        return None
    _, riff_size = _read(file, "<IQ")
    return start + 8 + riff_size + riff_size % 2 if riff_size else None


def _form(file: BinaryIO, start: int, size: int) -> int | None:
    file.seek(start + 4)
    (length,) = _read(file, ">I")
    if not length or length >= UNKNOWN_SIZE:
        return None
    end = start + 8 + length + length % 2
    return size if end == size + 1 else end


def _frm8(file: BinaryIO, start: int, _: int) -> int | None:
    file.seek(start + 4)
    (length,) = _read(file, ">Q")
    return start + 12 + length if length else None


def _dsf(file: BinaryIO, start: int, _: int) -> int | None:
    file.seek(start + 12)
    (length,) = _read(file, "<Q")
    return start + length if length else None


def _w64(file: BinaryIO, start: int, _: int) -> int | None:
    file.seek(start + 16)
    (length,) = _read(file, "<Q")
    return start + length if 0 < length < 1 << 62 else None


def _au(file: BinaryIO, start: int, _: int) -> int | None:
    file.seek(start + 4)
    header, length = _read(file, ">II")
    return start + header + length if length not in {0, 0xFFFFFFFF} else None


def _caf(file: BinaryIO, start: int, size: int) -> int | None:
    place = start + 8
    for _ in range(MOST_CHUNKS):
        if place >= size:
            break
        file.seek(place)
        name, length = struct.unpack(">4sq", file.read(12).ljust(12, b"\0"))
        if length < 0:
            return None
        if name == b"caff" or not _printable(name):
            break
        place += 12 + length
    return place


def _mp4(file: BinaryIO, start: int, size: int) -> int | None:
    place = start
    for _ in range(MOST_CHUNKS):
        if place + 8 > size:
            break
        file.seek(place)
        length, name = struct.unpack(">I4s", file.read(8).ljust(8, b"\0"))
        if length == 1:
            (length,) = _read(file, ">Q")
        elif not length:
            return None
        if length < 8 or not _printable(name) or (name == b"ftyp" and place > start):
            break
        place += length
    return place


def _voc(file: BinaryIO, start: int, size: int) -> int | None:
    file.seek(start + 20)
    (header,) = _read(file, "<H")
    place = start + header
    for _ in range(MOST_CHUNKS):
        if place >= size:
            break
        file.seek(place)
        head = file.read(4).ljust(4, b"\0")
        if not head[0]:
            return place + 1
        length = int.from_bytes(head[1:], "little")
        if place == start + header and place + 4 + length > size:
            return place + 4 + length
        place += 4 + length
    # Any number of blocks may follow, but one must be marked as the last.
    return size + 1


def _sox(file: BinaryIO, start: int, _: int) -> int | None:
    file.seek(start)
    order = "<" if file.read(4) == b".SoX" else ">"
    header, samples = _read(file, f"{order}IQ")
    return start + 4 + header + 4 * samples if samples else None


def _adx(file: BinaryIO, start: int, _: int) -> int | None:
    file.seek(start)
    head = file.read(20).ljust(20, b"\0")
    if head[4:7] != b"\3\x12\4":
        return None
    channels, samples = head[7], int.from_bytes(head[12:16], "big")
    header = int.from_bytes(head[2:4], "big") + 4
    return start + header + (samples + 31) // 32 * 18 * channels if samples else None


def _ebml(file: BinaryIO, start: int, size: int) -> int | None:
    """Read Matroska and WebM: the EBML header, then one segment whose size may be unknown."""
    file.seek(start + 4)
    header = _vint(file)
    if header is None or header > size:
        return None
    file.seek(header, 1)
    if file.read(4) != b"\x18\x53\x80\x67":
        return None
    length = _vint(file)
    return None if length is None else file.tell() + length


def _vint(file: BinaryIO) -> int | None:
    """Read an EBML size; None if it is marked as unknown."""
    (first,) = _read(file, ">B")
    more = 8 - first.bit_length()
    if more > 7:
        return None
    value = int.from_bytes(bytes([first & (0x7F >> more)]) + file.read(more), "big")
    return None if value == (1 << 7 * (more + 1)) - 1 else value


def _asf(file: BinaryIO, start: int, size: int) -> int | None:
    found = _asf_properties(file, start, size)
    return start + found[0] if found and found[0] and not found[2] & 1 else None


def _asf_properties(file: BinaryIO, start: int, size: int) -> tuple[int, float, int] | None:
    """Return the size, duration and flags (1: a stream) in the header of an ASF."""
    file.seek(start + 24)
    (objects,) = _read(file, "<I")
    place = start + 30
    for _ in range(min(objects, 1000)):
        file.seek(place)
        name = file.read(16)
        (length,) = _read(file, "<Q")
        if name == ASF_FILE_PROPERTIES:
            _, _, length, _, _, play, _, preroll, flags = _read(file, "<QQQQQQQQI")
            return length, play / 1e7 - preroll / 1e3, flags
        place += length
        if length < 24 or place > size:
            return None
    return None


def _printable(name: bytes) -> bool:
    return all(32 <= char < 127 or char == 0xA9 for char in name)


_WALKS: dict[bytes, Callable[[BinaryIO, int, int], int | None]] = {
    b"RIFF": _riff,
    b"RIFX": _riff,
    b"RF64": _rf64,
    b"BW64": _rf64,
    b"FORM": _form,
    b"FRM8": _frm8,
    b"DSD ": _dsf,
    b"riff\x2e\x91\xcf\x11": _w64,
    b".snd": _au,
    b"caff": _caf,
    b"Creative Voice File\x1a": _voc,
    b".SoX": _sox,
    b"XoS.": _sox,
    b"\x80\0": _adx,
    b"\x1a\x45\xdf\xa3": _ebml,
    ASF_HEADER: _asf,
}
