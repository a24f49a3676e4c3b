"""The form in which music goes from the player to the server, and from there to the page.

A stream of frames: a header, then 16-bit samples, of two channels in turn, left first; or a note in
JSON. Numbers are little-endian. The server knows no more of it than this.
"""

import json
import struct
from typing import Any, NamedTuple

HEADER = struct.Struct("<4sIIId")
"""Kind, bytes that follow, samples per second, channels, and the seconds of music that came
before."""
SAMPLE_BYTES = 2
SAMPLES, NOTE = b"pcm\0", b"note"
MOST_BYTES = 1 << 20
"""Of one frame."""


class Header(NamedTuple):
    """What comes next in the stream."""

    kind: bytes
    size: int
    """Bytes that follow."""
    rate_hz: int
    """Samples per second; 0 of a note."""
    channels: int
    """1 or 2; 0 of a note."""
    at_seconds: float
    """Music that came before it, since the beginning."""

    @property
    def seconds(self) -> float:
        """How much music it is."""
        second_bytes = SAMPLE_BYTES * self.channels * self.rate_hz
        return self.size / second_bytes if second_bytes else 0.0


def note_frame(value: dict[str, Any], at_seconds: float = 0.0) -> bytes:
    """A frame that says something."""
    content = json.dumps(value).encode("ascii")
    return HEADER.pack(NOTE, len(content), 0, 0, at_seconds) + content


def read_header(content: bytes) -> Header:
    """Read a header.

    Raises:
        ValueError: it is none.
    """
    header = Header(*HEADER.unpack(content))
    is_music = header.kind == SAMPLES and header.rate_hz > 0 and header.channels in {1, 2}
    if header.size > MOST_BYTES or not (is_music or header.kind == NOTE):
        raise ValueError("not a frame of music")
    return header
