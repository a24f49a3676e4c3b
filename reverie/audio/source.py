"""One recording opened: what it says of itself, its samples in blocks, and what went wrong."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import av.logging
from av.error import FFmpegError, InvalidDataError

from reverie.audio.mono import Samples, to_mono

BLOCK_VALUES = 1 << 15
"""Samples times channels that are decoded before they are handed on."""

MOST_FAULTS = 200
"""Past this many faults nothing more is learnt from the rest of a file."""

OPTIONS = {"protocol_whitelist": "file"}
"""A playlist under a recording's name must not send FFmpeg out to the network."""

NOT_RECORDINGS = {"hls", "dash", "concat", "concatf", "tty", "image2", "lavfi", "sdp", "rtsp"}
"""Containers that hold no sound themselves: lists of other files, and guesses at plain text."""


class Unreadable(Exception):  # noqa: N818
    """Nothing can be decoded from a file.

    Args:
        reason: why, in a musician's words.
        lasting: whether it stays so as long as the file is not changed.
    """

    def __init__(self, reason: str, *, lasting: bool = True) -> None:
        super().__init__(reason)
        self.lasting = lasting


@dataclass(frozen=True)
class Fault:
    """A place where decoding went wrong.

    `seconds` were decoded before it. `lost` tells whether nothing came of the piece, or FFmpeg
    only complained of it; `head` is how the piece begins.
    """

    seconds: float
    lost: bool
    head: bytes


class Source:
    """A recording open for decoding, used as a context manager.

    Args:
        path: the file.

    Attributes:
        codec: FFmpeg's name of the codec, such as `mp3`.
        container: FFmpeg's names of the container, such as `mov,mp4,m4a`.
        rate_hz: samples per second.
        channels: how many.
        declared_seconds: the duration the container gives, if it gives one.
        decoded_seconds: how much has been decoded by now.
        first_byte: where in the file the first piece of sound lies, once it is known.
        faults: what has gone wrong by now.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self.decoded_seconds = 0.0
        self.codec = self.container = ""
        self.rate_hz = self.channels = 0
        self.declared_seconds: float | None = None
        self.first_byte: int | None = None
        self._opened: Any = None
        self._stream: Any = None

    def __enter__(self) -> Self:
        """Open the file.

        Raises:
            Unreadable: it is not a recording, or the system refuses to read it.
        """
        said: list[tuple[int, str, str]] = []
        try:
            _hear_errors()
            with av.logging.Capture() as said:
                # A whole path, so that no part of a name reads as a protocol; and odd tags must
                # not stop a recording from being read.
                self._opened = av.open(
                    str(self.path.absolute()), options=OPTIONS, metadata_errors="replace"
                )
                self._choose_stream()
        except (FFmpegError, OSError) as error:
            self.__exit__(None, None, None)
            lasting = isinstance(error, InvalidDataError)
            if any("moov atom not found" in line for _, _, line in said):
                raise Unreadable("cut off: the table of its contents is missing") from error
            raise Unreadable(_reason(error), lasting=lasting) from error
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._opened is not None:
            self._opened.close()

    def blocks(self) -> Iterator[tuple[int, Samples]]:
        """The recording as (rate in Hz, mono float32 [n]) blocks, in order.

        The rate is that of the block: it may change within chained or joined files. Faults are
        noted in `faults` and what can still be decoded is.
        """
        fifo, kind = av.AudioFifo(), ("", 0, 0)
        for frame in self._frames():
            new = (frame.format.name, frame.layout.nb_channels, frame.sample_rate)
            if new != kind:
                yield from _drained(fifo, kind[2])
                fifo, kind = av.AudioFifo(), new
            # The queue insists on gapless timestamps, which damaged and live files lack.
            frame.pts = None
            fifo.write(frame)
            self.decoded_seconds += frame.samples / new[2]
            # Many frames are mixed at once: Python's cost for each is what would take the time.
            if fifo.samples * new[1] >= BLOCK_VALUES:
                yield from _drained(fifo, new[2])
        yield from _drained(fifo, kind[2])

    def _choose_stream(self) -> None:
        self.container = str(self._opened.format.name)
        if self.container in NOT_RECORDINGS:
            raise Unreadable("a list of other files, not a recording")
        if not self._opened.streams.audio:
            raise Unreadable("holds no sound")
        stream = self._stream = self._opened.streams.audio[0]
        context = stream.codec_context
        if context is None:
            raise Unreadable("its codec is unknown")
        # Threads would cost more than they give, and hide what they complain about.
        context.thread_count = 1
        self.codec = str(context.codec.canonical_name)
        self.rate_hz, self.channels = context.sample_rate, context.layout.nb_channels
        if not self.rate_hz or not self.channels:
            raise Unreadable(
                "no sound can be made out in it: its header gives no rate or no channels"
            )
        if stream.duration is not None and stream.time_base is not None:
            self.declared_seconds = float(stream.duration * stream.time_base)

    def _frames(self) -> Iterator[Any]:
        packets = self._opened.demux(self._stream)
        while len(self.faults) < MOST_FAULTS:
            frames: list[Any] | None = []
            packet, lost = None, False
            with av.logging.Capture() as said:
                try:
                    packet = next(packets, None)
                    frames = None if packet is None else packet.decode()
                except FFmpegError:
                    lost = True
            if packet is not None and self.first_byte is None:
                self.first_byte = packet.pos
            if said or lost:
                head = bytes(memoryview(packet)[:10]) if packet is not None else b""
                self.faults.append(Fault(self.decoded_seconds, lost, head))
            if frames is None:
                return
            yield from frames


def _drained(fifo: av.AudioFifo, rate_hz: int) -> Iterator[tuple[int, Samples]]:
    frame = fifo.read()
    if frame is not None:
        yield rate_hz, to_mono(frame)


def _hear_errors() -> None:
    """Have FFmpeg tell its errors to `Capture`, and to nobody else's terminal."""
    if av.logging.get_level() is None:
        logging.getLogger("libav").addHandler(logging.NullHandler())
        av.logging.set_level(av.logging.ERROR)
        # Each complaint counts, also where the same one has just been heard.
        av.logging.set_skip_repeated(False)


def _reason(error: Exception) -> str:
    """Why a file cannot be opened, without FFmpeg's own words where there are better ones."""
    match error:
        case PermissionError():
            return "cannot be read: permission denied"
        case FileNotFoundError():
            return "not there any more"
        case IsADirectoryError():
            return "a folder, not a recording"
        case InvalidDataError():
            return "no recording can be made out in it"
        case _:
            said = getattr(error, "strerror", None) or str(error)
            return f"cannot be read ({str(said).lower()})"
