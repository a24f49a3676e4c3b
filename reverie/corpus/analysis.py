"""Decode, measure, hash and store one recording in constant memory."""

import hashlib
import math
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydantic.dataclasses import dataclass as record

from reverie.audio.channels import mixed
from reverie.audio.loudness import LoudnessMeter
from reverie.audio.pcm import to_int16
from reverie.audio.reading.damage import Condition, condition, header_fault
from reverie.audio.reading.decode import MOST_PASSES, resampled
from reverie.audio.reading.mixing import Samples
from reverie.audio.reading.source import MOST_FAULTS, Reading, Source, Unreadable
from reverie.corpus.ends import BlockPowers
from reverie.corpus.recording import Channels, Count, Positive, Sha256
from reverie.records import RECORD
from reverie.similarity.fingerprint import Fingerprinter


class Unusable(Exception):  # noqa: N818
    """A recording that cannot go into a corpus.

    Args:
        reason: why, in words for a musician.
        lasting: whether it holds until the file changes.
    """

    def __init__(self, reason: str, *, lasting: bool = True) -> None:
        super().__init__(reason)
        self.lasting = lasting


class StorageFailed(Exception):  # noqa: N818
    """The corpus cannot be written, through no fault of the recording."""


@record(frozen=True, config=RECORD)
class Analysed:
    """The result of decoding and storing a recording."""

    content_hash: Sha256
    codec: str
    source_rate_hz: Positive
    source_channels: Positive
    channels: Channels
    """Of what is stored."""
    loudness_lufs: float | None
    peak_dbfs: float
    rms_dbfs: float
    samples: Positive
    """In each channel."""
    fingerprint: str
    """Fingerprint of its spectrum and loudness over time, to find other encodings of it."""
    damaged: bool
    notes: tuple[str, ...]
    sounding_start: Count | None = None
    """Where it begins to sound, in samples; None in a journal of an older version."""
    sounding_end: Count | None = None

    @property
    def values(self) -> int:
        """How many 16-bit numbers are stored."""
        return self.samples * self.channels


HOT_PEAKS = {"pcm_f32le": 1.0, "pcm_f32be": 1.0, "pcm_f64le": 1.0, "pcm_f64be": 1.0}
"""A higher peak (full scale is 1) of these codecs' floats was recorded too hot and is turned
down."""

HOT_PEAK = 2.0
"""The same for other codecs: lossy ones exceed full scale by less, which is clipped."""

WILD_PEAK, WILD_CREST = 8.0, 1e4
"""A peak that exceeds full scale by the first factor and the mean magnitude by the second is not a
hot recording but a corrupt value."""

ROUNDING = 1e-4
"""Tolerance above full scale of a peak that was scaled to it."""

QUIETEST_DBFS = -96.0
"""A recording with a lower peak is silent, and no gain helps it."""


@dataclass(frozen=True)
class _Plan:
    """What the next pass over a recording must do differently."""

    reading: Reading
    gain: float = 1.0


def analyse(
    path: Path,
    pcm: Path,
    rate_hz: int,
    *,
    channels: int,
    keep_damaged: bool,
    normalise_dbfs: float | None = None,
) -> Analysed:
    """Decode `path` and write its int16 samples, little-endian, to the new file `pcm`.

    Two channels are interleaved. One pass is enough for most. Another follows if channels cancel
    each other or are equal, if the file holds several concatenated recordings, or if the level must
    change.

    Args:
        path: the recording.
        pcm: the file for its samples.
        rate_hz: samples per second to store.
        channels: to store at most, 1 or 2.
        keep_damaged: keep the decodable part of a damaged recording, with a note.
        normalise_dbfs: scale its peak to this level, relative to full scale; None leaves it.

    Raises:
        Unusable: nothing of it, or not all of it, can be used.
        StorageFailed: `pcm` cannot be written.
    """
    plan = _Plan(Reading(channels))
    with _open_new(pcm) as stored:
        for _ in range(MOST_PASSES):
            done = _pass(path, rate_hz, plan, stored, keep_damaged=keep_damaged)
            better = done.better(plan, normalise_dbfs, keep_damaged=keep_damaged)
            if better == plan:
                break
            plan = better
        else:
            done = _pass(path, rate_hz, plan, stored, keep_damaged=keep_damaged)
    if not done.levels.count:
        raise Unusable(done.state.damage or "no sound can be decoded from it")
    if done.state.damage and not keep_damaged:
        raise Unusable(done.state.damage)
    return done.levels.analysed(done.source, done.state, plan.gain)


def _pass(
    path: Path, rate_hz: int, plan: _Plan, stored: BinaryIO, *, keep_damaged: bool
) -> "_Pass":
    """Decode all of `path` into `stored`, replacing its content.

    Raises:
        Unusable: nothing of it can be used.
        StorageFailed: `stored` cannot be written.
    """
    give_up_after = None if keep_damaged else MOST_FAULTS
    try:
        with Source(path, plan.reading, give_up_after=give_up_after) as source:
            if source.is_clip:
                raise Unusable("a clip made by Reverie, as its tags say")
            levels = _Levels(rate_hz, source.given_channels)
            with _writing():
                stored.seek(0)
                stored.truncate()
            for samples in resampled(source, rate_hz):
                kept = levels.add(samples if plan.gain == 1 else samples * np.float32(plan.gain))
                with _writing():
                    stored.write(kept)
    except Unreadable as error:
        # If FFmpeg cannot decode it, its header may show why.
        reason = (header_fault(path) if error.lasting else None) or str(error)
        raise Unusable(reason, lasting=error.lasting) from error
    return _Pass(source, levels, condition(path, source))


@contextmanager
def _writing() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFailed(error.strerror or str(error)) from error


@dataclass(frozen=True)
class _Pass:
    """The result of a pass over a recording."""

    source: Source
    levels: "_Levels"
    state: Condition

    def better(self, plan: _Plan, normalise_dbfs: float | None, *, keep_damaged: bool) -> _Plan:
        """Return a better plan than `plan`, which this pass followed; the same if it went well.

        Raises:
            Unusable: its peak is not that of sound.
        """
        reading = self.source.better()
        if reading != plan.reading:
            # Seeming damage may turn out to be two intact recordings in the next pass.
            return _Plan(reading, plan.gain)
        if not self.levels.count or (self.state.damage and not keep_damaged):
            return plan
        return _Plan(reading, _gain(self.source, self.levels, plan.gain, normalise_dbfs))


def _gain(source: Source, levels: "_Levels", gain: float, normalise_dbfs: float | None) -> float:
    """Return the gain that a recording needs if `gain` gave it `levels`.

    Raises:
        Unusable: its peak is not that of sound.
    """
    if gain != 1 or not levels.count:
        return gain
    hot = levels.peak > HOT_PEAKS.get(source.codec, HOT_PEAK)
    if levels.peak > max(WILD_PEAK, WILD_CREST * levels.mean):
        raise Unusable(f"its samples go to {levels.peak:.3g} times full scale: not sound")
    if normalise_dbfs is not None and decibels(levels.peak) > QUIETEST_DBFS:
        return 10 ** (normalise_dbfs / 20) / levels.peak
    return 1 / levels.peak if hot else 1.0


class _Levels:
    """Measurements of one pass over the samples."""

    def __init__(self, rate_hz: int, channels: Channels) -> None:
        self.rate_hz, self.count, self.clipped = rate_hz, 0, 0
        self.channels: Channels = channels
        self.peak, self._sum, self._squares = 0.0, 0.0, 0.0
        self._meter, self._digest = LoudnessMeter(rate_hz, channels), hashlib.sha256()
        self._fingerprint, self._powers = Fingerprinter(rate_hz), BlockPowers(rate_hz)

    @property
    def mean(self) -> float:
        """The mean magnitude of all samples added."""
        return self._sum / (self.count * self.channels)

    def add(self, samples: Samples) -> bytes:
        """Measure float32 [C, n], and return them as little-endian int16, interleaved."""
        peak = max(float(samples.max()), -float(samples.min()))
        self.peak = max(self.peak, peak)
        if peak > 1:
            self.clipped += int(np.count_nonzero(np.abs(samples) > 1 + ROUNDING))
        self._sum += float(np.abs(samples).sum())
        mono = mixed(samples)
        self._squares += float(np.dot(mono, mono))
        self.count += len(mono)
        self._meter.add(samples)
        self._fingerprint.add(mono)
        rounded = to_int16(samples)
        self._powers.add(rounded)
        stored = rounded.T.astype("<i2", copy=False).tobytes()
        self._digest.update(stored)
        return stored

    def analysed(self, source: Source, state: Condition, gain: float) -> Analysed:
        notes = ((state.damage,) if state.damage else ()) + state.notes + source.mix_notes()
        if gain < 1:
            hot = f"went to {self.peak / gain:.3g} times full scale and is "
            down = f"turned down by {-decibels(gain):.1f} dB"
            notes += (hot + down if self.peak / gain > 1 else down,)
        elif gain > 1:
            notes += (f"turned up by {decibels(gain):.1f} dB",)
        if self.clipped:
            percent = 100 * self.clipped / (self.count * self.channels)
            notes += (f"{self.clipped} samples ({percent:.2g} %) were too loud and are clipped",)
        rms_dbfs = decibels(math.sqrt(self._squares / self.count))
        sounding_start, sounding_end = self._powers.ends(rms_dbfs)
        return Analysed(
            content_hash=self._digest.hexdigest(),
            codec=source.codec,
            source_rate_hz=source.rate_hz,
            source_channels=source.channels,
            channels=self.channels,
            loudness_lufs=_rounded(self._meter.integrated()),
            peak_dbfs=decibels(self.peak),
            rms_dbfs=rms_dbfs,
            samples=self.count,
            fingerprint=self._fingerprint.fingerprint(),
            damaged=state.damage is not None,
            notes=notes,
            sounding_start=sounding_start,
            sounding_end=sounding_end,
        )


def decibels(amplitude: float) -> float:
    """Convert an amplitude to dBFS; silence is -200 dBFS, below any sound of 24 bits."""
    return round(20 * math.log10(max(amplitude, 1e-10)), 2)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _open_new(pcm: Path) -> BinaryIO:
    try:
        return pcm.open("xb")
    except OSError as error:
        raise StorageFailed(error.strerror or str(error)) from error
