"""Measure tags, which lie before and after the sound in formats without a place for them."""

TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICS")
"""The bytes with which tags begin."""


def id3_bytes(head: bytes) -> int:
    """Return the length of the ID3v2 tag that begins with these 10 bytes; 0 if there is none."""
    if len(head) < 10 or head[:3] != b"ID3":
        return 0
    length = 0
    for byte in head[6:10]:
        length = length << 7 | byte & 0x7F
    return length + 10 + (10 if head[5] & 0x10 else 0)


def tag_bytes(head: bytes) -> int:
    """Return the length of the tag that begins with these 16 bytes; 0 if there is none.

    A tag of lyrics counts as none, because its length is at its end.
    """
    if head.startswith(b"APETAGEX") and len(head) >= 16:
        # The length does not include the 32-byte header.
        return 32 + int.from_bytes(head[12:16], "little")
    if head.startswith(b"TAG"):
        return 128
    return id3_bytes(head)
