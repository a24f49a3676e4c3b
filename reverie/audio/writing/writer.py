"""Write samples to WAV or FLAC as they arrive, atomically."""

import errno
import os
import shutil
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from reverie.audio.pcm import to_int16
from reverie.audio.writing.wav import WavFile
from reverie.errors import ReverieError
from reverie.storage import clear_disk_errors, replacing

LEAST_FREE_BYTES = 1 << 16
"""A disk with less free space counts as full."""


class _Sink(Protocol):
    def write(self, samples: NDArray[np.int16] | NDArray[np.float32], /) -> object: ...
    def close(self) -> object: ...


class AudioWriter:
    """Stream mono samples into a file that gets its name only when it is complete.

    The bytes depend on the samples alone: the file contains no dates or tags.

    Args:
        path: of the file; `.wav` or `.flac`.
        rate_hz: samples per second.
        subtype: how samples are stored; FLAC has no `FLOAT`.

    Attributes:
        clipped_samples: how many samples lay outside [-1, 1] and were clipped. `FLOAT` stores
            samples unchanged and counts none.

    Raises:
        ReverieError: the suffix is neither of these, or FLAC is to store floats.
    """

    def __init__(
        self, path: Path, rate_hz: int, *, subtype: Literal["PCM_16", "FLOAT"] = "PCM_16"
    ) -> None:
        self.path, self.rate_hz = path, rate_hz
        self.subtype: Literal["PCM_16", "FLOAT"] = subtype
        self.clipped_samples = 0
        self._written = 0
        self._closing = ExitStack()
        self._sink: _Sink | None = None
        suffix = path.suffix.lower()
        if suffix not in {".wav", ".flac"}:
            raise ReverieError(
                f"{path} is neither .wav nor .flac.", "Choose one of these suffixes."
            )
        if suffix == ".flac" and subtype == "FLOAT":
            raise ReverieError(f"{path}: FLAC cannot hold floats.", "Choose .wav or PCM_16.")

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
        """Append `samples`, float32 [n].

        Raises:
            ReverieError: a sample is NaN or infinite, or the disk is full.
        """
        if self._sink is None:
            raise RuntimeError("AudioWriter is a context manager: enter it before writing")
        finite = np.isfinite(samples)
        if not finite.all():
            raise ReverieError(
                f"{self.path}: sample {self._written + int(np.argmin(finite))} is not a number.",
                "The computation has failed; nothing was written.",
            )
        with disk_errors(self.path):
            self._sink.write(self._stored(samples))
        self._written += len(samples)

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
        if self.path.suffix.lower() == ".wav":
            return WavFile(temporary, self.rate_hz, self.subtype)
        return soundfile.SoundFile(
            os.fsencode(temporary), "w", self.rate_hz, 1, subtype=self.subtype, format="FLAC"
        )

    def _stored(self, samples: NDArray[np.float32]) -> NDArray[np.int16] | NDArray[np.float32]:
        if self.subtype == "FLOAT":
            return samples.astype(np.float32, copy=False)
        self.clipped_samples += int(np.count_nonzero(np.abs(samples) > 1))
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
