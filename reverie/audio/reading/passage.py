"""The pieces of sound that pass on their way to the decoder: which bytes of the file they take,
which lie between them, and where time jumps."""

from fractions import Fraction
from typing import Any

LARGEST_PIECE_BYTES = {
    "mp3": 4096, "aac": 1 << 14, "loas": 1 << 14, "ac3": 1 << 12, "eac3": 1 << 16, "dts": 1 << 16,
    "truehd": 1 << 16, "mlp": 1 << 16, "flac": 1 << 24, "amr": 64, "gsm": 1 << 12, "sbc": 1 << 11,
    "aptx": 1 << 16, "g722": 1 << 16,
}  # fmt: skip
"""Containers that are frames of sound one right after another, so that bytes between them are no
music, and the largest frame of each: what is more is garbage that hangs on to it."""

TIMED = {"mpegts", "mpeg", "nut", "rm", "wtv"}
"""Containers that tell the time of each piece, and not how long all of them last."""

RUN_TO_THE_END = {"flv", "wv", "tta", "ape", "tak", "mpc", "mpc8", "ogg"}
"""Containers with nothing but tags after the sound."""

COUNTED = LARGEST_PIECE_BYTES.keys() | TIMED | RUN_TO_THE_END | {"avi"}
"""Containers whose pieces need to be counted, as their headers tell too little."""

LONGEST_JUMP_SECONDS = 3600
"""A greater jump in time is a clock that was set."""

LEAST_JUMP_SECONDS = 0.5


class Passage:
    """Counts pieces.

    Args:
        container: FFmpeg's names of the container.
        time_base: seconds of the unit in which pieces tell their time.

    Attributes:
        first_byte: where the first piece lies, once it is known.
        end: the byte after the latest piece.
        last_byte: the byte after the last piece of which something came.
        packet_bytes: how many bytes all pieces have taken.
        skipped_bytes: how many bytes lay between them, where nothing should, or are too many for
            the pieces that hold them.
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
        """Return how long all pieces should last, by their own headers."""
        return self._ticks * self._tick

    @property
    def jumped_seconds(self) -> float:
        """Return how much time is missing between pieces."""
        return self._jumped_ticks * self._tick

    def add(self, packet: Any) -> None:
        """Count a piece before it is decoded."""
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
