"""What searches need of some recordings, measured once: a part of the index over training music.

A part lies in a folder of its own, is mapped and not read, and is checked by the hashes in its
`part.json`: pairs of peaks when it is opened, spectra piece by piece when they are first used.
Letters: S samples, P pairs of peaks, C columns of the spectra, N bands.
"""

import contextlib
import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass as record

from reverie.cached import Cached
from reverie.errors import ReverieError
from reverie.progress import ProgressBar
from reverie.records import RECORD
from reverie.similarity.landmarks import landmarks
from reverie.similarity.movement import moving_spectrum
from reverie.similarity.stream import Excerpt, RecordingT, SampleSource, pieces
from reverie.storage import open_plain, replacing

VERSION = 1
"""Of what is measured; parts of another version are made again."""
ABOUT, KEYS, PLACES, SPECTRA = "part.json", "keys.u32", "places.u32", "spectra.i8"
COLUMN_BITS = 14
"""Bits of a place that say its column within its piece of two minutes."""


class DamagedPartError(Exception):
    """Spectra of a part are not those that were stored."""


@record(frozen=True, config=RECORD)
class Piece:
    """A piece of a recording."""

    recording: int
    """Its place among the recordings of the part."""
    start: int
    """Its first sample in the recording."""
    first: int
    """Its first column in the part's spectra."""
    columns: int
    sha256: str
    """Of its spectra."""


@record(frozen=True, config=RECORD)
class _About:
    """What a part's file says of it."""

    seconds: float
    bands: int
    pairs: int
    keys_sha256: str
    places_sha256: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Part:
    """Pairs of peaks and spectra of recordings."""

    rate_hz: int
    seconds: float
    """Of all pieces."""
    pieces: tuple[Piece, ...]
    keys: NDArray[np.uint32]
    """Keys of pairs, [P], ascending."""
    places: NDArray[np.uint32]
    """Where each begins, [P]: its piece, shifted by `COLUMN_BITS`, and its column in that."""
    spectra: NDArray[np.int8]
    """[C, N], see `moving_spectrum`."""
    folder: Path | None = None
    """Where it is kept; None if it is only in memory."""
    _checked: set[int] = field(default_factory=set[int])

    def spectrum(self, number: int) -> NDArray[np.int8]:
        """Return the spectra [columns, N] of piece `number`.

        Raises:
            DamagedPartError: they are not those that were stored.
        """
        piece = self.pieces[number]
        found = self.spectra[piece.first : piece.first + piece.columns]
        if number not in self._checked:
            if self.folder is not None and _sha256(found) != piece.sha256:
                raise DamagedPartError
            self._checked.add(number)
        return found

    def start_seconds(self, number: int) -> float:
        """Return where piece `number` begins in its recording."""
        return self.pieces[number].start / self.rate_hz


def measure(
    source: SampleSource[RecordingT],
    recordings: Sequence[RecordingT],
    work: ProgressBar | None = None,
) -> Part:
    """Measure recordings; memory grows with what is measured, and not with their samples."""
    parts: list[Part] = []
    for excerpt in pieces(source, recordings):
        parts.append(measure_piece(excerpt, source.rate_hz, len(parts)))
        if work and excerpt.recording > work.done:
            work.advance(excerpt.recording - work.done)
    return _joined(parts, source.rate_hz)


def measure_piece(excerpt: Excerpt, rate_hz: int, number: int = 0) -> Part:
    """Measure one piece, which becomes piece `number` of a part."""
    keys, columns = landmarks(excerpt.wave, rate_hz)
    spectrum = moving_spectrum(excerpt.wave, rate_hz)
    start = round(excerpt.start_seconds * rate_hz)
    piece = Piece(excerpt.recording, start, 0, len(spectrum), _sha256(spectrum))
    return Part(
        rate_hz,
        len(excerpt.wave) / rate_hz,
        (piece,),
        keys.astype(np.uint32),
        (columns + (number << COLUMN_BITS)).astype(np.uint32),
        spectrum,
    )


def _joined(parts: Sequence[Part], rate_hz: int) -> Part:
    keys = np.concatenate([one.keys for one in parts])
    order = np.argsort(keys, kind="stable")
    spectra = np.concatenate([one.spectra for one in parts])
    placed: list[Piece] = []
    for part in parts:
        (one,) = part.pieces
        first = placed[-1].first + placed[-1].columns if placed else 0
        placed.append(Piece(one.recording, one.start, first, one.columns, one.sha256))
    seconds = sum(one.seconds for one in parts)
    places = np.concatenate([one.places for one in parts])[order]
    return Part(rate_hz, seconds, tuple(placed), keys[order], places, spectra)


def read_part(folder: Path, rate_hz: int, depends_on: str) -> Part | None:
    """Open the part in `folder`.

    Args:
        folder: of the part.
        rate_hz: of its recordings.
        depends_on: says which they are.

    Returns:
        None if there is none, or it is damaged, or of other recordings.
    """
    about = _cached(folder, depends_on).read()
    if about is None:
        return None
    columns = sum(piece.columns for piece in about.pieces)
    with contextlib.suppress(ReverieError, OSError, ValueError):
        keys = mapped(folder / KEYS, np.dtype("<u4"), (about.pairs,))
        places = mapped(folder / PLACES, np.dtype("<u4"), (about.pairs,))
        spectra = mapped(folder / SPECTRA, np.dtype("i1"), (columns, about.bands))
        if (_sha256(keys), _sha256(places)) == (about.keys_sha256, about.places_sha256):
            return Part(rate_hz, about.seconds, about.pieces, keys, places, spectra, folder)
    return None


def write_part(folder: Path, part: Part, depends_on: str) -> None:
    """Keep a part in `folder`, in place of what is there; whole, or not at all.

    Raises:
        ReverieError: the disk refuses.
    """
    about = _About(
        part.seconds,
        part.spectra.shape[1],
        len(part.keys),
        _sha256(part.keys),
        _sha256(part.places),
        part.pieces,
    )
    shutil.rmtree(folder, ignore_errors=True)
    with replacing(folder) as temporary:
        temporary.mkdir()
        for name, values in (
            (KEYS, part.keys.astype("<u4", copy=False)),
            (PLACES, part.places.astype("<u4", copy=False)),
            (SPECTRA, part.spectra),
        ):
            (temporary / name).write_bytes(np.ascontiguousarray(values).data)
        _cached(temporary, depends_on).write(about)


def mapped(path: Path, kind: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Map the plain file `path`, which holds an array and nothing else.

    Raises:
        OSError: it cannot be opened.
        ValueError: it has another size.
        ReverieError: it is no plain file.
    """
    with open_plain(path, "rb") as file:
        if path.stat().st_size != int(np.prod(shape)) * kind.itemsize:
            raise ValueError(path)
        if not np.prod(shape):
            return np.empty(shape, kind)
        # A plain array over the same pages, because slicing np.memmap is slow.
        return np.asarray(np.memmap(file, kind, "r", shape=shape))


def _cached(folder: Path, depends_on: str) -> Cached[_About]:
    return Cached(folder / ABOUT, _About, VERSION, depends_on)


def _sha256(values: NDArray[Any]) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).data).hexdigest()
