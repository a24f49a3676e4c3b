"""Copy a part of a WAV or FLAC file with the same samples, rate, channels and subtype.

Letters: S samples, C channels.
"""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol, TypeVar, get_args

import numpy as np
import soundfile
from numpy.typing import NDArray

from reverie.audio.channels import MOST_CHANNELS, mixed
from reverie.audio.reading.opened import rate_fault
from reverie.audio.tags import Tags
from reverie.audio.writing.encoded import Codec, EncodedFile, most_channels
from reverie.audio.writing.wav import WavFile, WavSubtype
from reverie.audio.writing.writer import disk_errors
from reverie.errors import ReverieError, os_reason
from reverie.storage import replacing

BLOCK_SAMPLES = 1 << 16
"""Samples of each channel in one read."""
_KEPT = {
    "PCM_16": "int16",
    "PCM_24": "int32",
    "PCM_32": "int32",
    "FLOAT": "float32",
    "DOUBLE": "float64",
    "PCM_U8": "int16",
    "PCM_S8": "int16",
}
"""The numpy type that holds every value of a subtype that is copied as it is."""
_UNPACKED = {
    "ULAW": "PCM_16",
    "ALAW": "PCM_16",
    "IMA_ADPCM": "PCM_16",
    "MS_ADPCM": "PCM_16",
    "GSM610": "PCM_16",
    "ALAC_16": "PCM_16",
    "ALAC_24": "PCM_24",
    "ALAC_32": "PCM_32",
}
"""The subtype that other codecs are decoded to; codecs not listed decode to floats."""
_OWN_WAV: tuple[WavSubtype, ...] = get_args(WavSubtype)
"""`WavFile` writes these, because libsndfile writes the time into WAV files of floats."""
_OWN_FLAC: dict[str, Codec] = {"PCM_16": "flac", "PCM_24": "flac24"}
_FLAC = {*_OWN_FLAC, "PCM_S8", "PCM_U8"}


Sample = TypeVar("Sample", np.int16, np.float32)


class _Sink(Protocol):
    def write(self, samples: NDArray[Any], /) -> object: ...
    def close(self) -> object: ...


def open_sound(path: Path) -> soundfile.SoundFile:
    """Open an audio file with libsndfile.

    Raises:
        ReverieError: it cannot be read.
    """
    problem = "it is not a file" if path.exists() else "it does not exist"
    try:
        if path.is_file():
            file = soundfile.SoundFile(os.fsencode(path))
            if not (problem := rate_fault(file.samplerate)):
                return file
            file.close()
    except OSError as error:
        problem = os_reason(error)
    except soundfile.LibsndfileError as error:
        problem = error.error_string.rstrip(".")
    raise ReverieError(f"{path} cannot be read: {problem}.", "Give a WAV, FLAC, Opus or MP3 file.")


def read_whole(path: Path) -> tuple[NDArray[np.int16], int]:
    """Return all samples of a file in 16 bits, [C, S], and its rate in Hz.

    Raises:
        ReverieError: it cannot be read, or has more than two channels.
    """
    return _read(path, np.int16)


def read_float(path: Path) -> tuple[NDArray[np.float32], int]:
    """Return all samples of a file as floats, [C, S], and its rate in Hz.

    Raises:
        ReverieError: it cannot be read, or has more than two channels.
    """
    return _read(path, np.float32)


def _read(path: Path, kind: type[Sample]) -> tuple[NDArray[Sample], int]:
    """Return all samples of a file, [C, S], as numpy type `kind`, and its rate in Hz."""
    with open_sound(path) as file:
        if file.channels > MOST_CHANNELS:
            raise ReverieError(
                f"{path} has {file.channels} channels.", "Give a mono or a stereo clip."
            )
        blocks = [block.T for block in blocks_of(file, 0, file.frames, np.dtype(kind).name)]
        nothing = np.empty((file.channels, 0), kind)
        return np.concatenate([nothing, *blocks], axis=1), file.samplerate


def blocks_of(
    file: soundfile.SoundFile, first: int, last: int, kind: str
) -> Iterator[NDArray[Any]]:
    """Yield samples `first` to `last` in blocks [S, C] of numpy type `kind`.

    Raises:
        ReverieError: the file is cut off or damaged within them.
    """
    try:
        file.seek(first)
        while first < last:
            block = file.read(min(BLOCK_SAMPLES, last - first), dtype=kind, always_2d=True)
            if not len(block):
                break
            first += len(block)
            yield block
    except soundfile.LibsndfileError as error:
        raise _cut_off(file, first) from error
    if first < last:
        raise _cut_off(file, first)


def read_mono(file: soundfile.SoundFile, start: int, count: int) -> NDArray[np.float32]:
    """Read `count` samples from `start` on, [count], mixed to mono.

    Raises:
        ReverieError: the file is damaged there.
    """
    blocks = blocks_of(file, start, start + count, "float32")
    return np.concatenate([np.empty(0, np.float32), *(mixed(block.T) for block in blocks)])


class MonoOnDisk:
    """The mono mix of an audio file, [S], read on access.

    Args:
        file: opened for reading.
        first: index of the first sample.
        last: index after the last; None for the end of the file.
    """

    def __init__(self, file: soundfile.SoundFile, first: int = 0, last: int | None = None) -> None:
        self._file, self._first = file, first
        self._length = (int(file.frames) if last is None else last) - first

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, span: slice) -> NDArray[np.float32]:
        start, stop, _ = span.indices(self._length)
        return read_mono(self._file, self._first + start, max(stop - start, 0))


def copy_part(
    file: soundfile.SoundFile, out: Path, first: int, last: int, tags: Tags | None = None
) -> None:
    """Write samples `first` to `last` of an open file to `out` unchanged.

    PCM and floats keep their subtype; other codecs are decoded.

    Args:
        file: mono or of several channels.
        out: `.wav` or `.flac`.
        first: index of the first sample.
        last: index after the last sample.
        tags: what `out` says of itself; samples of 8 bits have none.

    Raises:
        ReverieError: the format of `out` cannot store the samples, or the disk is full.
    """
    suffix = out.suffix.lower()
    if suffix not in {".wav", ".flac"}:
        raise ReverieError(f"{out} is neither .wav nor .flac.", "Choose one of these suffixes.")
    subtype = _UNPACKED.get(file.subtype, file.subtype)
    subtype = subtype if subtype in _KEPT else "FLOAT"
    if suffix == ".flac" and (subtype not in _FLAC or file.channels > (most_channels("flac") or 0)):
        raise ReverieError(
            f"{out}: FLAC cannot hold {file.channels} channels of {subtype}.", "Choose .wav."
        )
    with (
        replacing(out) as temporary,
        closing(_sink(file, temporary, suffix, subtype, tags)) as sink,
    ):
        for block in blocks_of(file, first, last, _KEPT[subtype]):
            with disk_errors(out):
                sink.write(block)


def _sink(
    file: soundfile.SoundFile, temporary: Path, suffix: str, subtype: str, tags: Tags | None
) -> _Sink:
    if suffix == ".wav" and subtype in _OWN_WAV:
        return WavFile(temporary, file.samplerate, subtype, file.channels, tags)
    if suffix == ".flac" and subtype in _OWN_FLAC:
        codec = _OWN_FLAC[subtype]
        return EncodedFile(temporary, file.samplerate, codec, file.channels, tags)
    # FFmpeg's FLAC has no 8 bits.
    return soundfile.SoundFile(
        os.fsencode(temporary),
        "w",
        file.samplerate,
        file.channels,
        subtype="PCM_U8" if suffix == ".wav" else "PCM_S8",
        format=suffix[1:].upper(),
    )


def _cut_off(file: soundfile.SoundFile, at: int) -> ReverieError:
    return ReverieError(
        f"{os.fsdecode(file.name)} cannot be read past {at / file.samplerate:.2f} s.",
        "Give one that is whole.",
    )
