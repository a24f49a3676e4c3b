"""What an MP3 says of its own length in its Xing or Info header, where it has one.

Without it FFmpeg guesses a duration from the first frame's bit rate, which is wrong for every
variable bit rate: such a guess must not make a good file look cut.
"""

import struct
from pathlib import Path

SAMPLES_PER_FRAME = {3: 1152, 2: 576, 0: 576}
"""By MPEG version as the frame header has it: 1, 2 and 2.5; layer III."""

RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def id3_bytes(head: bytes) -> int:
    """The length of the ID3v2 tag that begins with these 10 bytes; 0 if it is none."""
    if len(head) < 10 or head[:3] != b"ID3":
        return 0
    length = 0
    for byte in head[6:10]:
        length = length << 7 | byte & 0x7F
    return length + 10 + (10 if head[5] & 0x10 else 0)


def declared_seconds(path: Path) -> float | None:
    """The duration that an MP3's own header gives; None if there is no such header.

    Args:
        path: the file, an MP3.
    """
    with path.open("rb") as file:
        file.seek(id3_bytes(file.read(10)))
        frame = file.read(4096)
    # The tag may be followed by padding.
    start = len(frame) - len(frame.lstrip(b"\0"))
    frame = frame[start:]
    if len(frame) < 200 or frame[0] != 0xFF or frame[1] & 0xE0 != 0xE0:
        return None
    version, rate_index, mono = frame[1] >> 3 & 3, frame[2] >> 2 & 3, frame[3] >> 6 == 3
    if version == 1 or rate_index == 3:
        return None
    side = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    place = 4 + side
    if frame[place : place + 4] not in {b"Xing", b"Info"}:
        return None
    flags, frames = struct.unpack(">II", frame[place + 4 : place + 12])
    if not flags & 1:
        return None
    return frames * SAMPLES_PER_FRAME[version] / RATES_HZ[version][rate_index]


def garbage_before(path: Path, first_byte: int) -> int:
    """How many bytes lie before the first frame of an MP3 and are no tag, padding or header.

    Args:
        path: the file, an MP3.
        first_byte: where its first frame lies.
    """
    with path.open("rb") as file:
        tag = id3_bytes(file.read(10))
        if first_byte <= tag:
            return 0
        file.seek(tag)
        between = file.read(min(first_byte - tag, 1 << 20))
    start = between.lstrip(b"\0")
    return 0 if start.startswith((b"ID3", b"RIFF", b"APETAGEX")) else len(start)
