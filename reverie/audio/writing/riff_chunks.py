"""Write tags as chunks of a WAV file: INFO, iXML, ID3 and XMP, each read by other programs.

Sources: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0", 1991 (INFO);
iXML specification 2.10; XMP specification part 3 (the chunk `_PMX`).
"""

import struct
from xml.sax.saxutils import escape

from reverie.audio.tags import PROVENANCE, Tags
from reverie.audio.writing.id3 import id3_tag
from reverie.audio.writing.xmp import xmp_packet

_INFO = {
    "TITLE": b"INAM",
    "ARTIST": b"IART",
    "ALBUM": b"IPRD",
    "COMMENT": b"ICMT",
    "SOFTWARE": b"ISFT",
    "AI_GENERATED": b"IKEY",
}


def tag_chunks(tags: Tags) -> bytes:
    """Return the chunks that hold `tags`, of an even number of bytes."""
    return (
        _chunk(b"LIST", b"INFO" + _info(tags))
        + _chunk(b"iXML", _ixml(tags))
        + _chunk(b"id3 ", id3_tag(tags))
        + _chunk(b"_PMX", xmp_packet(tags))
    )


def _info(tags: Tags) -> bytes:
    return b"".join(
        _chunk(name, tags[tag].encode() + b"\0") for tag, name in _INFO.items() if tag in tags
    )


def _ixml(tags: Tags) -> bytes:
    own = "".join(
        f"<{name}>{escape(text)}</{name}>"
        for name, text in tags.items()
        if name not in {*_INFO, PROVENANCE}
    )
    user = escape(tags.get(PROVENANCE, ""))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><BWFXML><IXML_VERSION>2.10</IXML_VERSION>'
        f"<PROJECT>{escape(tags.get('ALBUM', ''))}</PROJECT>"
        f"<NOTE>{escape(tags.get('COMMENT', ''))}</NOTE>"
        f"<USER>{user}</USER><REVERIE>{own}</REVERIE></BWFXML>"
    ).encode()


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", name, len(content)) + content + b"\0" * (len(content) % 2)
