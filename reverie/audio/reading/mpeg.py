"""Read the length of an MP3 from its Xing or Info header and from its frames.

Without that header FFmpeg estimates the duration from the first frame's bit rate, which is wrong
for variable bit rates. Such an estimate must not make an intact file look cut.
"""

import struct
from pathlib import Path

from reverie.audio.reading.tags import id3_bytes

SAMPLES_PER_FRAME = {3: 1152, 2: 576, 0: 576}
"""By the frame header's code of the MPEG version: 1, 2 and 2.5; layer III."""

RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}

BIT_RATES = {
    1: (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    4: (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    5: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""In kbit/s, by layer of MPEG 1; 4 stands for layer I of MPEG 2, and 5 for its layers II and
III."""

LONGEST_FRAME_BYTES = 2881


def declared_seconds(path: Path) -> float | None:
    """Return the duration in an MP3's Xing or Info header; None if it has no such header.

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


def ends_within_frame(path: Path) -> bool:
    """Return whether the last frame of an MP3 (any layer) is cut short, by its header.

    Args:
        path: the file; tags may follow its frames.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 2 * LONGEST_FRAME_BYTES))
        tail = file.read()
    # Bytes that look like a frame's header are one only if another frame ends just before.
    reached: set[int] = set()
    for place in range(len(tail) - 3):
        length = frame_bytes(tail[place : place + 4])
        if length is None:
            continue
        if place in reached and place + length > len(tail):
            return True
        reached.add(place + length)
    return False


def frame_bytes(head: bytes) -> int | None:
    """Return the length of the frame that begins with these 4 bytes; None if none does."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer, rate_index = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3), head[2] >> 2 & 3
    if version == 1 or layer == 4 or rate_index == 3 or head[2] >> 4 in {0, 15}:
        return None
    table = BIT_RATES[layer if version == 3 else min(layer, 2) + 3]
    bit_rate, padding = 1000 * table[head[2] >> 4], head[2] >> 1 & 1
    rate_hz = RATES_HZ[version][rate_index]
    if layer == 1:
        return (12 * bit_rate // rate_hz + padding) * 4
    half = version != 3 and layer == 3
    return (72 if half else 144) * bit_rate // rate_hz + padding


def garbage_before(path: Path, first_byte: int) -> int:
    """Count the bytes before an MP3's first frame that are not a tag, padding or header.

    Args:
        path: the file, an MP3.
        first_byte: position of its first frame.
    """
    with path.open("rb") as file:
        tag = id3_bytes(file.read(10))
        if first_byte <= tag:
            return 0
        file.seek(tag)
        between = file.read(min(first_byte - tag, 1 << 20))
    start = between.lstrip(b"\0")
    return 0 if start.startswith((b"ID3", b"RIFF", b"APETAGEX")) else len(start)
