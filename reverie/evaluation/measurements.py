"""What was measured of clips, kept with a corpus, so that no clip is measured twice.

An evaluation that was interrupted goes on with the clips that it had not measured.
Letters: W windows, E width of an embedding.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.cached import Cached
from reverie.corpus.corpus import Corpus
from reverie.evaluation.evaluated import evaluated
from reverie.evaluation.measurer import Measured, Measurer
from reverie.evaluation.measures.full_band import FullBand
from reverie.evaluation.measures.health import Health
from reverie.evaluation.measures.notes import NoteFigures
from reverie.evaluation.measures.structure import Structure
from reverie.evaluation.systems import Sourced

VERSION = 1
"""Of all that is measured: to be raised with any change of a figure."""


@dataclass(frozen=True)
class _Rows:
    """An embedding [W, E]."""

    width: int
    float32: str
    """Little-endian, in base64."""


@dataclass(frozen=True)
class _Stored:
    """A `Measured`, as its file holds it."""

    health: Health
    structure: Structure
    notes: NoteFigures | None
    full_band: FullBand | None
    embedded: dict[str, _Rows]
    tags: dict[str, float]


class Measurements:
    """Measure clips, or read what was measured of them.

    Args:
        corpus: whose folder keeps what was measured.
        measurer: measures what is not known yet.
    """

    def __init__(self, corpus: Corpus, measurer: Measurer) -> None:
        self._folder, self._measurer = evaluated(corpus), measurer

    def of(
        self, clips: Sequence[Sourced], advance: Callable[[], None] = lambda: None
    ) -> tuple[Measured, ...]:
        """Return the measurements of clips, in order; call `advance` after each."""
        found: dict[str, Measured] = {}
        missing: dict[str, Sourced] = {}
        for clip in clips:
            if clip.source not in found and (kept := self._cached(clip).read()):
                found[clip.source] = _restored(kept)
            if clip.source in found:
                advance()
            else:
                missing.setdefault(clip.source, clip)
        measured = self._measurer.measure_all([clip.load for clip in missing.values()])
        for clip, one in zip(missing.values(), measured, strict=True):
            found[clip.source] = _restored(self._cached(clip).write(_stored(one)))
            advance()
        return tuple(found[clip.source] for clip in clips)

    def _cached(self, clip: Sourced) -> Cached[_Stored]:
        depends_on = f"{self._measurer.conditions} {clip.source}"
        return self._folder.cached("clip", _Stored, VERSION, depends_on)


def _stored(one: Measured) -> _Stored:
    rows = {
        name: _Rows(
            embedded.shape[1], base64.b64encode(embedded.astype("<f4").tobytes()).decode("ascii")
        )
        for name, embedded in one.embedded.items()
    }
    return _Stored(one.health, one.structure, one.notes, one.full_band, rows, one.tags)


def _restored(kept: _Stored) -> Measured:
    def rows(one: _Rows) -> NDArray[np.float32]:
        values = np.frombuffer(base64.b64decode(one.float32), "<f4")
        return values.astype(np.float32).reshape(-1, one.width)

    embedded = {name: rows(one) for name, one in kept.embedded.items()}
    return Measured(kept.health, kept.structure, kept.notes, kept.full_band, embedded, kept.tags)
