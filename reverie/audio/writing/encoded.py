"""Write FLAC, Opus and MP3 as samples arrive, by FFmpeg's libraries, with tags inside.

FFmpeg declares the encoder's delay and padding in all three, so that what is decoded has the length
of what was written. It takes tags of any name, which libsndfile does not.
Letters: S samples, C channels.
"""

import io
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Literal

import av
import numpy as np
import soxr
from av.error import FFmpegError
from numpy.typing import NDArray

from reverie.audio.tags import Tags
from reverie.audio.writing.id3 import id3_tag

Codec = Literal["flac", "flac24", "opus", "mp3"]

MOST_CHANNELS: dict[str, int] = {"flac": 8, "flac24": 8, "opus": 2, "mp3": 2}
OPUS_HZ = (8000, 12000, 16000, 24000, 48000)
MP3_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
OPUS_BITS_A_SECOND = 128_000
"""For each channel. Opus has no more to give from about here on."""
PIECE_SAMPLES = 1 << 15

_STORED: dict[Codec, tuple[str, str, str, type[np.generic]]] = {
    "flac": ("flac", "flac", "s16", np.int16),
    "flac24": ("flac", "flac", "s32", np.int32),
    "opus": ("libopus", "ogg", "flt", np.float32),
    "mp3": ("libmp3lame", "mp3", "flt", np.float32),
}
"""FFmpeg's codec and container, and the samples that are given to it: 24 bits are the upper ones
of 32."""
_LAYOUTS = ("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")
_REPEATABLE = {"fflags": "+bitexact"}
"""No version of FFmpeg, no date and no random numbers in the file."""
_BEST_VARIABLE_RATE = {"flags": "+qscale", "global_quality": "0"}


class EncodedFile:
    """A FLAC, Opus or MP3 file open for writing.

    Args:
        path: of the file.
        rate_hz: samples per second. Opus and MP3 know few rates: others are resampled to the next
            higher one.
        codec: the format; of FLAC, with how many bits.
        channels: C.
        tags: what the file says of itself.
    """

    def __init__(
        self, path: Path, rate_hz: int, codec: Codec, channels: int = 1, tags: Tags | None = None
    ) -> None:
        name, container, self._format, self._type = _STORED[codec]
        self._channels, self._layout = channels, _LAYOUTS[channels - 1]
        self._rate_hz = coded_rate(codec, rate_hz)
        self._resampler = (
            None
            if self._rate_hz == rate_hz
            else soxr.ResampleStream(rate_hz, self._rate_hz, channels, dtype="float32")
        )
        self._samples, self._is_broken = 0, False
        self._handle = path.open("wb")
        try:
            if codec == "mp3" and tags:
                self._handle.write(id3_tag(tags))
            options = {**_REPEATABLE, **({"id3v2_version": "0"} if codec == "mp3" else {})}
            behind: Any = _Behind(self._handle)
            self._container: Any = av.open(behind, "w", format=container, options=options)
            self._stream: Any = self._opened(name, codec)
            if codec != "mp3":
                # Vorbis comments: an Ogg has them with its stream, a FLAC with the whole.
                place = self._stream if codec == "opus" else self._container
                place.metadata.update(tags or {})
        except BaseException:
            self._handle.close()
            raise

    def write(self, samples: NDArray[Any]) -> None:
        """Append samples [S, C] of the codec's numpy type."""
        for start in range(0, len(samples), PIECE_SAMPLES):
            piece = samples[start : start + PIECE_SAMPLES]
            self._encode(
                piece if self._resampler is None else self._resampler.resample_chunk(piece)
            )

    def close(self) -> None:
        """Encode what is left, complete the headers, and close the file."""
        with self._handle:
            try:
                if not self._is_broken:
                    self._finish()
            finally:
                # After an error FFmpeg complains once more of what was said before.
                with suppress(*(FFmpegError, OSError) if self._is_broken else ()):
                    self._container.close()

    def _finish(self) -> None:
        if self._resampler is not None:
            rest = np.zeros((0, self._channels), np.float32)
            self._encode(self._resampler.resample_chunk(rest, last=True))
        if not self._samples:
            # An encoder that was given nothing writes no headers.
            self._container.start_encoding()
        self._mux(None)

    def _encode(self, samples: NDArray[Any]) -> None:
        if not len(samples):
            return
        packed: Any = np.ascontiguousarray(samples, self._type).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format=self._format, layout=self._layout)
        frame.sample_rate, frame.pts = self._rate_hz, self._samples
        self._samples += len(samples)
        self._mux(frame)

    def _mux(self, frame: av.AudioFrame | None) -> None:
        self._is_broken = True
        for packet in self._stream.encode(frame):
            self._container.mux(packet)
        self._is_broken = False

    def _opened(self, name: str, codec: Codec) -> Any:
        stream = self._container.add_stream(name, rate=self._rate_hz, layout=self._layout)
        if codec == "opus":
            stream.bit_rate = OPUS_BITS_A_SECOND * self._channels
        elif codec == "mp3":
            stream.codec_context.options = dict(_BEST_VARIABLE_RATE)
        stream.codec_context.format = {"mp3": "fltp"}.get(codec, self._format)
        return stream


def most_channels(format_: str) -> int | None:
    """Return how many channels a format holds; None for one that holds any number."""
    return MOST_CHANNELS.get(format_)


def coded_rate(codec: Codec, rate_hz: int) -> int:
    """Return the rate at which a codec takes a sound of `rate_hz`.

    Opus always decodes to 48 kHz; a lower rate here tells it that nothing lies above.
    """
    if codec in {"flac", "flac24"}:
        return rate_hz
    known = OPUS_HZ if codec == "opus" else MP3_HZ
    if codec == "opus" and rate_hz not in known:
        return known[-1]
    return min((rate for rate in known if rate >= rate_hz), default=known[-1])


class _Behind(io.RawIOBase):
    """A file seen from where it stands now: FFmpeg writes behind a tag and does not know of it."""

    def __init__(self, handle: IO[bytes]) -> None:
        super().__init__()
        self._handle, self._start = handle, handle.tell()

    def writable(self) -> bool:
        """Return that it can be written."""
        return True

    def seekable(self) -> bool:
        """Return that it can be written at any position."""
        return True

    def tell(self) -> int:
        """Return the position of the next byte."""
        return self._handle.tell() - self._start

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move to another position."""
        self._handle.seek(offset + (0 if whence else self._start), whence)
        return self.tell()

    def write(self, data: Any, /) -> int:
        """Write bytes."""
        return self._handle.write(data)
