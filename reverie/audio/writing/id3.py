"""Write an ID3v2.3 tag, the version that every player reads.

Source: M. Nilsson, "ID3 tag version 2.3.0", 1999.
"""

import struct

from reverie.audio.tags import Tags
from reverie.audio.writing.xmp import xmp_packet

_FRAMES = {"TITLE": "TIT2", "ARTIST": "TPE1", "ALBUM": "TALB", "SOFTWARE": "TSSE", "BPM": "TBPM"}
"""Frames of their own; other tags are TXXX."""


def id3_tag(tags: Tags) -> bytes:
    """Return an ID3v2.3 tag that holds `tags`, and them as XMP."""
    body = b"".join(_frame_of(name, text) for name, text in tags.items())
    body += _frame("PRIV", b"XMP\0" + xmp_packet(tags))
    size = len(body)
    seven_bits = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + seven_bits + body


def _frame_of(name: str, text: str) -> bytes:
    encoding, start, stop = (b"\0", b"", b"\0") if text.isascii() else (b"\1", b"\xff\xfe", b"\0\0")
    encoded = text.encode("ascii" if text.isascii() else "utf-16-le")
    if name in _FRAMES:
        return _frame(_FRAMES[name], encoding + start + encoded)
    if name == "COMMENT":
        return _frame("COMM", encoding + b"eng" + start + stop + start + encoded)
    described = name.encode("ascii" if text.isascii() else "utf-16-le")
    return _frame("TXXX", encoding + start + described + stop + start + encoded)


def _frame(name: str, content: bytes) -> bytes:
    return struct.pack(">4sIH", name.encode("ascii"), len(content), 0) + content
