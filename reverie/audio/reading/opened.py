"""Open one recording with FFmpeg, and yield its frames and faults."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import av.logging
from av.error import FFmpegError, InvalidDataError

from reverie.audio.reading.faults import Faults
from reverie.audio.reading.inside import metadata_of
from reverie.audio.reading.links import Link, Window
from reverie.audio.reading.passage import COUNTED, Passage
from reverie.audio.reading.tracks import chosen
from reverie.audio.tags import says_clip

LOWEST_HZ, HIGHEST_HZ = 2_000, 3_000_000
"""Accepted sample rates. A slower file is not music and would decode to a hundred times its size;
DSD of the highest rate decodes to 2.8 MHz."""

MOST_CHANNELS = 255

LONGEST_FRAME_SAMPLES = 1 << 24
"""No codec has longer frames: the longest, of Monkey's Audio, have 1.2 million samples."""

OPTIONS = {"protocol_whitelist": "file"}
"""A playlist named like a recording must not make FFmpeg open network addresses."""

NOT_RECORDINGS = {"hls", "dash", "concat", "concatf", "tty", "image2", "lavfi", "sdp", "rtsp"}
"""Containers without sound of their own: lists of other files, and FFmpeg's guesses at plain
text."""

CHECKED = {"flac", "tta", "wavpack", "ape", "tak"}
"""Lossless codecs, whose checksums are correct in every intact file."""


FrameKind = tuple[str, int, int]
"""A sample format's name, the number of channels, and samples per second."""


class Unreadable(Exception):  # noqa: N818
    """Nothing can be decoded from a file.

    Args:
        reason: why, in words for a musician.
        lasting: whether it holds until the file changes.
    """

    def __init__(self, reason: str, *, lasting: bool = True) -> None:
        super().__init__(reason)
        self.lasting = lasting


def rate_fault(rate_hz: int) -> str:
    """Say what is wrong with the rate that a header gives; empty for nothing."""
    if LOWEST_HZ <= rate_hz <= HIGHEST_HZ:
        return ""
    return f"its header gives a rate of {rate_hz} Hz: not sound"


class Opened:
    """A recording, or one of several concatenated in a file, open for decoding.

    Args:
        path: the file.
        link: the part of the file; None for all of it.
        patch: maps positions in the part to the bytes to read there instead.
        faults: the list to which faults are added.

    Attributes:
        codec: FFmpeg's name of the codec, such as `mp3`.
        container: FFmpeg's names of the container, such as `mov,mp4,m4a`.
        rate_hz: samples per second.
        channels: number of channels.
        declared_seconds: the duration that the container declares, or None.
        alone: whether the file has no other track, not even a picture.
        track_declared: whether `declared_seconds` is this track's own duration.
        track_note: which track it is, if there are several audio tracks.
        decoded_seconds: duration decoded so far.
        counted_seconds: the duration by the container's packet count, or None.
        passage: the packets read so far.
        is_clip: whether its tags say that Reverie made it.

    Raises:
        Unreadable: it is not a recording, or the system refuses to read it.
    """

    def __init__(
        self, path: Path, link: Link | None, patch: dict[int, bytes], faults: Faults
    ) -> None:
        self.faults = faults
        self.codec = self.container = ""
        self.rate_hz = self.channels = 0
        self.declared_seconds: float | None = None
        self.track_note: str | None = None
        self.alone = self.track_declared = True
        self.is_clip = False
        self.decoded_seconds = 0.0
        self.counted_seconds: float | None = None
        self._container: Any = None
        self._stream: Any = None
        self._window: Window | None = None
        said: list[tuple[int, str, str]] = []
        try:
            _capture_errors()
            with av.logging.Capture() as said:
                # With an absolute path no part of a name is taken for a protocol. Odd tags must not
                # stop a recording from being read.
                source: Any = str(path.absolute())
                if link or patch:
                    source = self._window = Window(path, link, patch)
                self._container = av.open(source, options=OPTIONS, metadata_errors="replace")
                self._choose_track()
        except (FFmpegError, OSError, EOFError) as error:
            self.close()
            lasting = isinstance(error, InvalidDataError | EOFError)
            if any("moov atom not found" in line for _, _, line in said):
                raise Unreadable("cut off: the table of its contents is missing") from error
            raise Unreadable(_reason(error), lasting=lasting) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        if self._container is not None:
            self._container.close()
        if self._window is not None:
            self._window.close()

    def frames(self, give_up_after: int | None) -> Iterator[tuple[Any, FrameKind]]:
        """Yield the frames that have samples and a plausible rate and number of channels.

        Args:
            give_up_after: stop after this many faults; None never stops.

        Yields:
            Each frame and its kind.
        """
        packets = self._container.demux(self._stream)
        passage, counted = self.passage, self.container in COUNTED
        known: FrameKind | None = None
        while give_up_after is None or len(self.faults) < give_up_after:
            frames: list[Any] | None = []
            packet, lost = None, False
            with av.logging.Capture() as said:
                try:
                    packet = next(packets, None)
                    frames = None if packet is None else packet.decode()
                except FFmpegError:
                    lost = True
                except IndexError:
                    # PyAV fails at the end of a file in which a track appeared late.
                    return
            if counted and packet is not None:
                passage.add(packet)
            # Some containers end in an empty packet, which is no fault.
            if said or (lost and (packet is None or packet.size)):
                head = b"" if packet is None else bytes(memoryview(packet)[:10])
                self.faults.add(
                    self.decoded_seconds, head, lost=lost, lost_seconds=self._seconds(packet, lost)
                )
            if frames is None:
                return
            for frame in frames:
                kind = (frame.format.name, frame.layout.nb_channels, frame.sample_rate)
                if frame.samples and (kind == known or self._sounds(kind)):
                    yield frame, kind
                    known = kind
                    self.decoded_seconds += frame.samples / kind[2]
                    passage.last_byte = passage.end
        self.faults.stopped = True

    def _choose_track(self) -> None:
        self.container = str(self._container.format.name)
        if self.container in NOT_RECORDINGS:
            raise Unreadable("a list of other files, not a recording")
        if not self._container.streams.audio:
            raise Unreadable("holds no sound")
        self.is_clip = says_clip(metadata_of(self._container))
        stream, self.track_note = chosen(list(self._container.streams.audio))
        self._stream = stream
        context = stream.codec_context
        if context is None:
            raise Unreadable("its codec is unknown")
        # Threads would cost more time than they save, and would hide FFmpeg's complaints.
        context.thread_count = 1
        # FFmpeg allocates as much memory for a frame as its header claims.
        context.options = {"max_samples": str(LONGEST_FRAME_SAMPLES)}
        self.codec = str(context.codec.canonical_name)
        if self.codec in CHECKED:
            context.options |= {"err_detect": "crccheck"}
        self.rate_hz, self.channels = context.sample_rate, context.layout.nb_channels
        if not self.rate_hz or not self.channels:
            raise Unreadable("no sound can be found in it: its header gives no rate or no channels")
        if fault := rate_fault(self.rate_hz):
            raise Unreadable(fault)
        if self.channels > MOST_CHANNELS:
            raise Unreadable(f"its header gives {self.channels} channels: not sound")
        self.alone = len(self._container.streams) == 1
        self.declared_seconds = self._declared_seconds()
        if stream.frames and stream.time_base:
            self.counted_seconds = float(stream.frames * stream.time_base)
        self.passage = Passage(self.container, stream.time_base)

    def _declared_seconds(self) -> float | None:
        stream = self._stream
        if stream.duration is not None and stream.time_base is not None:
            return float(stream.duration * stream.time_base)
        # Matroska declares its longest track's duration, unless tags give each track's own.
        words = stream.metadata.get("DURATION", "").split(":")
        try:
            hours, minutes, seconds = words
            return 3600 * int(hours) + 60 * int(minutes) + float(seconds)
        except ValueError:
            pass
        self.track_declared = False
        total = self._container.duration
        return None if total is None else total / av.time_base

    def _sounds(self, kind: FrameKind) -> bool:
        if LOWEST_HZ <= kind[2] <= HIGHEST_HZ and 0 < kind[1] <= MOST_CHANNELS:
            return True
        self.faults.add(self.decoded_seconds, b"", lost=True)
        return False

    def _seconds(self, packet: Any, lost: bool) -> float:
        """Return the duration of a lost packet; 0 if it is not known."""
        if packet is None or not lost:
            return 0.0
        if packet.duration and packet.time_base:
            return float(packet.duration * packet.time_base)
        taken = self.passage.packet_bytes - packet.size
        return packet.size * self.decoded_seconds / taken if taken > 0 else 0.0


def _capture_errors() -> None:
    """Send FFmpeg's errors to `Capture` instead of the terminal."""
    if av.logging.get_level() is None:
        logging.getLogger("libav").addHandler(logging.NullHandler())
        av.logging.set_level(av.logging.ERROR)
        # Count every complaint, even one that repeats the previous one.
        av.logging.set_skip_repeated(False)


def _reason(error: Exception) -> str:
    """Describe why a file cannot be opened, in better words than FFmpeg's if there are any."""
    match error:
        case PermissionError():
            return "cannot be read: permission denied"
        case FileNotFoundError():
            return "not there any more"
        case IsADirectoryError():
            return "a folder, not a recording"
        case InvalidDataError() | EOFError():
            return "no recording can be found in it"
        case MemoryError():
            return "takes more memory than a recording may"
        case _:
            said = getattr(error, "strerror", None) or str(error)
            return f"cannot be read ({str(said).lower()})"
