"""One recording in one pass: decoded, measured, hashed and stored, in memory that stays flat."""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np

from reverie.audio.damage import Condition, condition
from reverie.audio.decode import resampled
from reverie.audio.loudness import LoudnessMeter
from reverie.audio.mono import Samples
from reverie.audio.riff import wav_lie
from reverie.audio.source import Source, Unreadable
from reverie.audio.write import to_int16
from reverie.corpus.fingerprint import Fingerprinter


class Unusable(Exception):  # noqa: N818
    """A recording that cannot go into a corpus.

    Args:
        reason: why, in a musician's words.
        lasting: whether it stays so as long as the file is not changed.
    """

    def __init__(self, reason: str, *, lasting: bool = True) -> None:
        super().__init__(reason)
        self.lasting = lasting


class StorageFailed(Exception):  # noqa: N818
    """The corpus cannot be written: no fault of the recording."""


@dataclass(frozen=True)
class Analysed:
    """What is known of a recording once it has been decoded and stored."""

    content_hash: str
    codec: str
    source_rate_hz: int
    source_channels: int
    loudness_lufs: float | None
    peak_dbfs: float
    rms_dbfs: float
    samples: int
    fingerprint: str
    """Its coarse spectrum and loudness over time, to find it again in another encoding."""
    damaged: bool
    notes: tuple[str, ...]

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `dataclasses.asdict` made `values` of, perhaps by way of JSON."""
        notes = tuple(values.pop("notes"))
        return cls(**values, notes=notes)


LOUDEST = 8.0
"""Peak (full scale is 1) past which floats are not sound that was merely recorded hot."""


def analyse(path: Path, pcm: Path, rate_hz: int, *, keep_damaged: bool) -> Analysed:
    """Decode `path` and write its int16 samples, little-endian, to the new file `pcm`.

    Args:
        path: the recording.
        pcm: where its samples go.
        rate_hz: samples per second to store.
        keep_damaged: keep what a damaged recording still gives, with a note.

    Raises:
        Unusable: nothing of it, or not all of it, can be used.
        StorageFailed: `pcm` cannot be written.
    """
    levels = _Levels(rate_hz)
    try:
        with _open_new(pcm) as stored, Source(path) as source:
            for samples in resampled(source, rate_hz):
                if not np.isfinite(samples).all():
                    raise Unusable("holds samples that are not numbers (NaN or infinite)")
                try:
                    stored.write(levels.add(samples))
                except OSError as error:
                    raise StorageFailed(error.strerror or str(error)) from error
    except Unreadable as error:
        # Where FFmpeg makes nothing of a WAV, its header may tell why.
        reason = (wav_lie(path) if error.lasting else None) or str(error)
        raise Unusable(reason, lasting=error.lasting) from error
    state = condition(path, source)
    if not levels.count:
        raise Unusable(state.damage or "no sound can be decoded from it")
    if state.damage and not keep_damaged:
        raise Unusable(state.damage)
    if levels.peak > LOUDEST:
        raise Unusable(f"its samples go to {levels.peak:.3g} times full scale: not sound")
    return levels.analysed(source, state)


class _Levels:
    """What one pass over the samples measures."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz, self.count, self.clipped = rate_hz, 0, 0
        self.peak, self._squares = 0.0, 0.0
        self._meter, self._digest = LoudnessMeter(rate_hz), hashlib.sha256()
        self._fingerprint = Fingerprinter(rate_hz)

    def add(self, samples: Samples) -> bytes:
        """Measure float32 [n]; returns them as little-endian int16."""
        peak = max(float(samples.max()), -float(samples.min()))
        self.peak = max(self.peak, peak)
        if peak > 1:
            self.clipped += int(np.count_nonzero(np.abs(samples) > 1))
        self._squares += float(np.dot(samples, samples))
        self.count += len(samples)
        self._meter.add(samples)
        self._fingerprint.add(samples)
        stored = to_int16(samples).astype("<i2", copy=False).tobytes()
        self._digest.update(stored)
        return stored

    def analysed(self, source: Source, state: Condition) -> Analysed:
        notes = ((state.damage,) if state.damage else ()) + state.notes
        if self.clipped:
            percent = 100 * self.clipped / self.count
            notes += (f"{self.clipped} samples ({percent:.2g} %) were too loud and are clipped",)
        return Analysed(
            content_hash=self._digest.hexdigest(),
            codec=source.codec,
            source_rate_hz=source.rate_hz,
            source_channels=source.channels,
            loudness_lufs=_rounded(self._meter.integrated()),
            peak_dbfs=_decibels(self.peak),
            rms_dbfs=_decibels(math.sqrt(self._squares / self.count)),
            samples=self.count,
            fingerprint=self._fingerprint.fingerprint(),
            damaged=state.damage is not None,
            notes=notes,
        )


def _decibels(amplitude: float) -> float:
    """Relative to full scale; silence is the -200 dBFS that no sound of 24 bits falls below."""
    return round(20 * math.log10(max(amplitude, 1e-10)), 2)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _open_new(pcm: Path) -> BinaryIO:
    try:
        return pcm.open("xb")
    except OSError as error:
        raise StorageFailed(error.strerror or str(error)) from error
