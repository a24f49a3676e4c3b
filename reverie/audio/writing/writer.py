"""Write samples to a file of any format as they arrive, atomically."""

import errno
import os
import shutil
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from reverie.audio.pcm import to_int16, to_int24
from reverie.audio.tags import Tags
from reverie.audio.writing.encoded import EncodedFile, most_channels
from reverie.audio.writing.formats import Format, format_of
from reverie.audio.writing.wav import WavFile, WavSubtype
from reverie.errors import ReverieError
from reverie.storage import clear_disk_errors, replacing

LEAST_FREE_BYTES = 1 << 16
"""A disk with less free space counts as full."""


_SUBTYPES: dict[str, WavSubtype] = {"wav16": "PCM_16", "wav24": "PCM_24", "wav32f": "FLOAT"}


class _Sink(Protocol):
    def write(self, samples: NDArray[Any], /) -> object: ...

    def close(self) -> object: ...


class AudioWriter:
    """Stream samples into a file that gets its name only when it is complete.

    The bytes depend on the samples and the tags alone: the file contains no dates.

    Args:
        path: of the file.
        rate_hz: samples per second.
        format_: how samples are stored; None takes the suffix's usual format.
        channels: C.
        tags: what the file says of itself.

    Attributes:
        clipped_samples: how many samples lay outside [-1, 1] and were clipped. `wav32f` stores
            samples unchanged and counts none.

    Raises:
        ReverieError: the suffix is of no format or of another one, or the format cannot hold so
            many channels.
    """

    def __init__(
        self,
        path: Path,
        rate_hz: int,
        format_: Format | None = None,
        *,
        channels: int = 1,
        tags: Tags | None = None,
    ) -> None:
        self.path, self.rate_hz = path, rate_hz
        self.format_: Format = format_of(path, format_)
        self.channels, self.tags = channels, tags
        self.clipped_samples = 0
        self._written = 0
        self._closing = ExitStack()
        self._sink: _Sink | None = None
        most = most_channels(self.format_)
        if most is not None and channels > most:
            raise ReverieError(
                f"{path}: {self.format_} cannot hold {channels} channels.", "Choose a WAV format."
            )

    def __enter__(self) -> Self:
        """Open the file under its temporary name.

        Raises:
            ReverieError: the file cannot be created.
        """
        with ExitStack() as opening:
            temporary = opening.enter_context(replacing(self.path))
            opening.enter_context(disk_errors(self.path))
            self._sink = opening.enter_context(closing(self._opened(temporary)))
            self._closing = opening.pop_all()
        return self

    def write(self, samples: NDArray[np.float32]) -> None:
        """Append `samples`, float32 [C, n].

        Raises:
            ReverieError: a sample is NaN or infinite, or the disk is full.
        """
        if self._sink is None:
            raise RuntimeError("AudioWriter is a context manager: enter it before writing")
        finite = np.isfinite(samples).all(axis=0)
        if not finite.all():
            raise ReverieError(
                f"{self.path}: sample {self._written + int(np.argmin(finite))} is not a number.",
                "The computation has failed; nothing was written.",
            )
        with disk_errors(self.path):
            self._sink.write(self._stored(samples).T)
        self._written += samples.shape[1]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Complete and rename the file; after an error, delete it."""
        self._sink = None
        self._closing.__exit__(kind, value, trace)

    def _opened(self, temporary: Path) -> _Sink:
        match self.format_:
            case "wav16" | "wav24" | "wav32f":
                subtype = _SUBTYPES[self.format_]
                return WavFile(temporary, self.rate_hz, subtype, self.channels, self.tags)
            case "flac" | "flac24" | "opus" | "mp3":
                return EncodedFile(temporary, self.rate_hz, self.format_, self.channels, self.tags)

    def _stored(self, samples: NDArray[np.float32]) -> NDArray[Any]:
        if self.format_ == "wav32f":
            return samples.astype(np.float32, copy=False)
        self.clipped_samples += int(np.count_nonzero(np.abs(samples) > 1))
        match self.format_:
            case "wav24" | "flac24":
                return to_int24(samples)
            case "opus" | "mp3":
                return np.clip(samples, -1, 1)
            case _:
                return to_int16(samples)


@contextmanager
def disk_errors(path: Path) -> Generator[None]:
    """Raise a clear `ReverieError` if Python or libsndfile finds the disk full."""
    with clear_disk_errors(path):
        try:
            yield
        except soundfile.LibsndfileError as error:
            # libsndfile reports a system error without its reason.
            full = shutil.disk_usage(path.parent).free < LEAST_FREE_BYTES
            reason = errno.ENOSPC if full else errno.EIO
            raise OSError(reason, os.strerror(reason)) from error
