"""What searches need of some recordings, measured once: a part of the index over training music.

A part lies in a folder of its own, is mapped and not read, and is checked by the hashes in its
`part.json`: pairs of peaks when it is opened, spectra piece by piece when they are first used.
Letters: S samples, P pairs of peaks, C columns of the spectra, N bands.
"""

import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass as record

from reverie.cached import Cached
from reverie.errors import ReverieError
from reverie.progress import ProgressBar
from reverie.records import RECORD
from reverie.similarity.arrays import array_sha256, map_array, write_array
from reverie.similarity.landmarks import landmarks
from reverie.similarity.movement import moving_spectrum
from reverie.similarity.sketches import VERSION as SKETCHES_VERSION
from reverie.similarity.sketches import WIDTH, Sketches, make_sketches, projection
from reverie.similarity.stream import Excerpt, RecordingT, SampleSource, pieces
from reverie.storage import replacing

VERSION = 1
"""Of what is measured; parts of another version are made again."""
ABOUT, KEYS, PLACES, SPECTRA = "part.json", "keys.u32", "places.u32", "spectra.i8"
SKETCHES, CENTRES, COLUMNS, CODES = "sketches.json", "centres.f32", "columns.u32", "codes.i8"
COLUMN_BITS = 14
"""Bits of a place that say its column within its piece of two minutes."""


class DamagedPartError(Exception):
    """Spectra of the part in a folder are not those that were stored."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder}")
        self.folder = folder


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


@record(frozen=True, config=RECORD)
class _AboutSketches:
    """What the sketches' file says of them."""

    ends: tuple[int, ...]
    centres_sha256: str
    columns_sha256: str
    codes_sha256: str


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
    sketches: Sketches | None = None
    """Of its windows; None where all of them are compared."""
    _checked: set[int] = field(default_factory=set[int])

    def spectrum(self, number: int) -> NDArray[np.int8]:
        """Return the spectra [columns, N] of piece `number`.

        Raises:
            DamagedPartError: they are not those that were stored.
        """
        piece = self.pieces[number]
        found = self.spectra[piece.first : piece.first + piece.columns]
        if number not in self._checked:
            if self.folder is not None and array_sha256(found) != piece.sha256:
                raise DamagedPartError(self.folder)
            self._checked.add(number)
        return found

    @cached_property
    def spans(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The first column of each piece, and that after its last."""
        firsts = np.array([piece.first for piece in self.pieces], np.int64)
        return firsts, firsts + np.array([piece.columns for piece in self.pieces], np.int64)

    def piece_of(self, columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the piece in which each column lies."""
        return np.searchsorted(self.spans[0], columns, "right") - 1

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
    before = work.done if work else 0
    for excerpt in pieces(source, recordings):
        parts.append(measure_piece(excerpt, source.rate_hz, len(parts)))
        if work:
            work.advance(before + excerpt.recording - work.done)
    return _joined(parts, source.rate_hz)


def measure_piece(excerpt: Excerpt, rate_hz: int, number: int = 0) -> Part:
    """Measure one piece, which becomes piece `number` of a part."""
    keys, columns = landmarks(excerpt.wave, rate_hz)
    spectrum = moving_spectrum(excerpt.wave, rate_hz)
    start = round(excerpt.start_seconds * rate_hz)
    piece = Piece(excerpt.recording, start, 0, len(spectrum), array_sha256(spectrum))
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
    about = None if folder.is_symlink() else _cached(folder, depends_on).read()
    if about is None:
        return None
    columns = sum(piece.columns for piece in about.pieces)
    with contextlib.suppress(ReverieError, OSError, ValueError):
        keys = map_array(folder / KEYS, "<u4", (about.pairs,))
        places = map_array(folder / PLACES, "<u4", (about.pairs,))
        spectra = map_array(folder / SPECTRA, "i1", (columns, about.bands))
        if (array_sha256(keys), array_sha256(places)) == (about.keys_sha256, about.places_sha256):
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
        array_sha256(part.keys),
        array_sha256(part.places),
        part.pieces,
    )
    shutil.rmtree(folder, ignore_errors=True)
    with replacing(folder) as temporary:
        temporary.mkdir()
        write_array(temporary / KEYS, part.keys)
        write_array(temporary / PLACES, part.places)
        write_array(temporary / SPECTRA, part.spectra)
        _cached(temporary, depends_on).write(about)


def with_sketches(part: Part, depends_on: str) -> Part:
    """Return a part with its sketches, which are made and kept beside it if there are none."""
    folder = part.folder
    firsts, ends = (one.tolist() for one in part.spans)
    spans = list(zip(firsts, ends, strict=True))
    if folder is None:
        return replace(part, sketches=make_sketches(part.spectra, spans))
    about = f"{array_sha256(projection())} {depends_on}"
    cached: Cached[_AboutSketches] = Cached(
        folder / SKETCHES, _AboutSketches, SKETCHES_VERSION, about
    )
    kept = cached.read()
    known = _read_sketches(folder, kept) if kept else None
    if known:
        return replace(part, sketches=known)
    for number in range(len(part.pieces)):
        part.spectrum(number)
    sketches = make_sketches(part.spectra, spans)
    with contextlib.suppress(ReverieError):
        for name, values in (
            (CENTRES, sketches.centres),
            (COLUMNS, sketches.columns),
            (CODES, sketches.codes),
        ):
            write_array(folder / name, values)
        kept = cached.write(
            _AboutSketches(
                tuple(sketches.ends.tolist()),
                array_sha256(sketches.centres),
                array_sha256(sketches.columns),
                array_sha256(sketches.codes),
            )
        )
        # What is mapped takes no memory.
        sketches = _read_sketches(folder, kept) or sketches
    return replace(part, sketches=sketches)


def _read_sketches(folder: Path, kept: "_AboutSketches") -> Sketches | None:
    windows, lists = kept.ends[-1], len(kept.ends) - 1
    with contextlib.suppress(ReverieError, OSError, ValueError):
        centres = map_array(folder / CENTRES, "<f4", (lists, WIDTH))
        columns = map_array(folder / COLUMNS, "<u4", (windows,))
        codes = map_array(folder / CODES, "i1", (windows, WIDTH))
        found = array_sha256(centres), array_sha256(columns), array_sha256(codes)
        if found == (kept.centres_sha256, kept.columns_sha256, kept.codes_sha256):
            return Sketches(centres, np.array(kept.ends, np.int64), columns, codes)
    return None


def _cached(folder: Path, depends_on: str) -> Cached[_About]:
    return Cached(folder / ABOUT, _About, VERSION, depends_on)
