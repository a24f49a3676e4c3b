"""Track the packets that go to the decoder: which bytes of the file they take, which bytes lie
between them, and where their time jumps."""

from fractions import Fraction
from typing import Any

LARGEST_PIECE_BYTES = {
    "mp3": 4096, "aac": 1 << 14, "loas": 1 << 14, "ac3": 1 << 12, "eac3": 1 << 16, "dts": 1 << 16,
    "truehd": 1 << 16, "mlp": 1 << 16, "flac": 1 << 24, "amr": 64, "gsm": 1 << 12, "sbc": 1 << 11,
    "aptx": 1 << 16, "g722": 1 << 16,
}  # fmt: skip
"""Containers of contiguous frames, in which bytes between frames are not music, and the largest
frame of each: a larger packet has garbage attached."""

TIMED = {"mpegts", "mpeg", "nut", "rm", "wtv"}
"""Containers that give each packet's time but no total duration."""

RUN_TO_THE_END = {"flv", "wv", "tta", "ape", "tak", "mpc", "mpc8", "ogg"}
"""Containers in which only tags follow the sound."""

COUNTED = LARGEST_PIECE_BYTES.keys() | TIMED | RUN_TO_THE_END | {"avi"}
"""Containers whose packets must be counted, because their headers declare too little."""

LONGEST_JUMP_SECONDS = 3600
"""A larger jump in time means that a clock was set."""

LEAST_JUMP_SECONDS = 0.5


class Passage:
    """Count packets.

    Args:
        container: FFmpeg's names of the container.
        time_base: the unit of packets' times, in seconds.

    Attributes:
        first_byte: position of the first packet; None until it is known.
        end: the byte after the latest packet.
        last_byte: the byte after the last packet that gave sound.
        packet_bytes: total size of all packets.
        skipped_bytes: bytes between packets where there should be none, and bytes by which packets
            exceed their largest size.
    """

    def __init__(self, container: str, time_base: Fraction | None) -> None:
        self.first_byte: int | None = None
        self.last_byte = self.packet_bytes = self.skipped_bytes = 0
        self._largest = LARGEST_PIECE_BYTES.get(container)
        self._timed = container in TIMED
        self._tick = float(time_base or 0)
        self.end = self._ticks = self._jumped_ticks = 0
        self._due: int | None = None

    @property
    def seconds(self) -> float:
        """Return the total duration of all packets, by their own headers."""
        return self._ticks * self._tick

    @property
    def jumped_seconds(self) -> float:
        """Return how much time is missing between packets."""
        return self._jumped_ticks * self._tick

    def add(self, packet: Any) -> None:
        """Count a packet before it is decoded."""
        place, size = packet.pos, packet.size
        self.packet_bytes += size
        self._ticks += packet.duration or 0
        if place is not None and place >= 0 and size:
            if self.first_byte is None:
                self.first_byte = place
            elif self._largest and place > self.end:
                self.skipped_bytes += place - self.end
            self.end = place + size
        if self._largest and size > self._largest:
            self.skipped_bytes += size - self._largest
        if self._timed:
            self._watch_time(packet)

    def _watch_time(self, packet: Any) -> None:
        time, due = packet.pts, self._due
        if time is None:
            return
        if due is not None:
            jump = (time - due) * self._tick
            if LEAST_JUMP_SECONDS < jump < LONGEST_JUMP_SECONDS:
                self._jumped_ticks += time - due
        self._due = time + (packet.duration or 0)
