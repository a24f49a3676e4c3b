"""Training sequences: stretches of recordings, read from the memory-mapped corpus when needed.

Letters: B batch, S samples of a sequence, T steps, K frames that one step sees, n samples a frame.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from torch import Tensor

from reverie.audio.pcm import to_float32
from reverie.corpus.corpus import Corpus, Recording
from reverie.frames.contract import FrameSpec
from reverie.training.beats import RecordingBeats
from reverie.training.sounding import sounding


class Batch(NamedTuple):
    """Sequences that are learnt from together."""

    samples: Tensor
    """[B, S]."""
    mask: Tensor | None = None
    """[B, T], which steps have a next frame of music; None for all of them."""
    beat: Tensor | None = None
    """[B, T, 2], where among the beats each step's next frame lies, and the seconds of a beat, 0
    for no beat; None where nobody asks."""

    def to(self, device: torch.device) -> "Batch":
        """Return the same on `device`."""
        mask = None if self.mask is None else self.mask.to(device)
        beat = None if self.beat is None else self.beat.to(device)
        return Batch(self.samples.to(device), mask, beat)


class Sequences:
    """The sequences of one split: T steps, and the frame after each as its target.

    They lie end to end in each recording, T frames apart, so the first frames of one are the last
    of the one before. A recording shorter than T + K frames is one sequence, filled up with
    silence that is neither learnt from nor measured; one shorter than K + 1 frames gives none.

    Args:
        corpus: where the samples are.
        recordings: of one split.
        spec: of the frames.
        sequence_frames: T.
        starts: `grid` keeps them in place, `random` shifts each recording's anew every epoch.
        step_frames: K.
        most: so many, spread evenly over the recordings; 0 takes all.
        gain_db: each is made louder or softer by up to so much.
        transpose_semitones: each is played faster or slower by up to so many, whole ones.
        trim_silence_db: of each recording only what `sounding` finds.
        beat: tell the beat.
        beat_dropout: share of sequences whose beat is not told, where they are drawn at random.
    """

    def __init__(
        self,
        corpus: Corpus,
        recordings: Sequence[Recording],
        spec: FrameSpec,
        sequence_frames: int,
        starts: Literal["grid", "random"] = "grid",
        *,
        step_frames: int = 1,
        most: int = 0,
        gain_db: float = 0.0,
        transpose_semitones: int = 0,
        trim_silence_db: float = 0.0,
        beat: bool = False,
        beat_dropout: float = 0.0,
    ) -> None:
        self._beats = RecordingBeats(corpus) if beat else None
        self._beat_dropout = beat_dropout
        self.gain_db, self.transpose_semitones = gain_db, transpose_semitones
        self._spec, self._step_frames, self._steps = spec, step_frames, sequence_frames
        self.corpus, self.recordings, self.starts = corpus, tuple(recordings), starts
        self.length_samples = spec.samples_for(sequence_frames + step_frames)
        self.stride_samples = sequence_frames * spec.hop_samples
        self._parts = [sounding(corpus, one, trim_silence_db) for one in self.recordings]
        lengths = np.array([last - first for first, last in self._parts], np.int64)
        self._spare = spare = lengths - self.length_samples
        self._least_samples = spec.samples_for(step_frames + 1)
        self._short = (spare < 0) & (lengths >= self._least_samples)
        self.counts = np.where(spare >= 0, spare // self.stride_samples + 1, self._short * 1)
        """How many sequences each recording gives."""
        self._ends = np.cumsum(self.counts)
        every = int(self.counts.sum())
        count = min(most, every) if most else every
        self._chosen = np.arange(count) * every // max(count, 1)

    def __len__(self) -> int:
        return len(self._chosen)

    @property
    def whole(self) -> int:
        """How many sequences there are that are not filled up, before any were chosen."""
        return int(self.counts.sum() - self._short.sum())

    @property
    def short(self) -> tuple[Recording, ...]:
        """The recordings that are shorter than a sequence, and one each."""
        return tuple(one for one, is_so in zip(self.recordings, self._short, strict=True) if is_so)

    @property
    def unused(self) -> tuple[Recording, ...]:
        """The recordings that are too short to tell what follows what."""
        return tuple(one for one, n in zip(self.recordings, self.counts, strict=True) if not n)

    def read(self, index: int, shifts: np.ndarray | None = None, speed: float = 1.0) -> np.ndarray:
        """Sequence `index` as float32 in -1 to 1, played at `speed` where there is room.

        Returns:
            [S], or fewer of a recording that is shorter.
        """
        none = np.zeros(len(self.recordings), np.int64)
        return self._played(self._stretch(index, none if shifts is None else shifts, speed))

    def _played(self, stretch: "_Stretch") -> NDArray[np.float32]:
        """Return the samples of a stretch: [S]."""
        pcm = self.corpus.pcm(self.recordings[stretch.recording])
        played = to_float32(pcm[stretch.start : stretch.end])
        if stretch.speed == 1:
            return played
        played = soxr.resample(played, stretch.speed, 1.0, quality="LQ")[: self.length_samples]
        if self._short[stretch.recording]:
            return played
        return np.pad(played, (0, self.length_samples - len(played)))

    def _stretch(self, index: int, shifts: NDArray[np.int64], speed: float) -> "_Stretch":
        """Where sequence `index` lies."""
        place = int(self._chosen[index])
        which = int(np.searchsorted(self._ends, place, side="right"))
        within = place - int(self._ends[which] - self.counts[which])
        start = within * self.stride_samples + int(shifts[which])
        first, last = self._parts[which]
        if self._short[which]:
            if last - first < math.ceil(self._least_samples * speed) + 1:
                speed = 1.0
            return _Stretch(which, first, last, speed)
        needed = math.ceil(self.length_samples * speed) + 1
        if speed == 1 or needed > last - first:
            speed, needed = 1.0, self.length_samples
        start = min(first + start, last - needed)
        return _Stretch(which, start, start + needed, speed)

    def batches(
        self, batch_size: int, rng: np.random.Generator | None, skip: int = 0
    ) -> Iterator[Batch]:
        """One epoch.

        Args:
            batch_size: B; the last batch may be smaller.
            rng: orders and shifts the sequences; without it they come in order, unshifted.
            skip: batches passed over, to resume inside an epoch.
        """
        plan = self._unvaried() if rng is None else self._varied(rng)
        for first in range(skip * batch_size, len(self), batch_size):
            chosen = [int(i) for i in plan.order[first : first + batch_size]]
            stretches = [self._stretch(i, plan.shifts, float(plan.speeds[i])) for i in chosen]
            gains = plan.gains[chosen]
            pieces = [self._played(one) * gain for one, gain in zip(stretches, gains, strict=True)]
            samples, mask = self._stacked(pieces)
            if self._beats is None:
                yield Batch(samples, mask)
                continue
            beat = np.stack([self._beat(self._beats, one) for one in stretches])
            beat[..., 0] += plan.parities[chosen, None]
            beat[plan.silenced[chosen]] = 0
            yield Batch(samples, mask, torch.as_tensor(beat, dtype=torch.float32))

    def _unvaried(self) -> "_Epoch":
        """Every sequence in order, as it is."""
        count = len(self)
        return _Epoch(
            order=np.arange(count),
            shifts=np.zeros(len(self.recordings), np.int64),
            gains=np.ones(count, np.float32),
            speeds=np.ones(count),
            parities=np.zeros(count),
            silenced=np.zeros(count, bool),
        )

    def _varied(self, rng: np.random.Generator) -> "_Epoch":
        """Draw the order of an epoch, and how its sequences differ from those of others."""
        plan, count = self._unvaried()._replace(order=rng.permutation(len(self))), len(self)
        if self.starts == "random":
            room = self._spare - (self.counts - 1) * self.stride_samples
            plan = plan._replace(shifts=rng.integers(0, np.maximum(room, 0) + 1))
        if self.gain_db:
            drawn = rng.uniform(-self.gain_db, self.gain_db, count)
            plan = plan._replace(gains=(10 ** (drawn / 20)).astype(np.float32))
        if self.transpose_semitones:
            most = self.transpose_semitones
            plan = plan._replace(speeds=2 ** (rng.integers(-most, most + 1, count) / 12))
        if self._beats is not None:
            # Which of two beats is the heavy one is not known, so both are learnt.
            parities = rng.integers(0, 2, count).astype(np.float64)
            plan = plan._replace(parities=parities, silenced=rng.random(count) < self._beat_dropout)
        return plan

    def _beat(self, beats: RecordingBeats, stretch: "_Stretch") -> NDArray[np.float64]:
        """Return the beat of a stretch: [T, 2]."""
        steps = np.arange(self._steps) + self._step_frames
        middle = self._spec.centre_samples(steps) * stretch.speed
        seconds = (stretch.start + middle) / self.corpus.rate_hz
        return beats.grid(self.recordings[stretch.recording], seconds, stretch.speed)

    def _stacked(self, pieces: list[np.ndarray]) -> tuple[Tensor, Tensor | None]:
        lengths = np.array([len(piece) for piece in pieces])
        if (lengths == self.length_samples).all():
            return torch.as_tensor(np.stack(pieces)), None
        filled = np.zeros((len(pieces), self.length_samples), np.float32)
        for row, piece in zip(filled, pieces, strict=True):
            row[: len(piece)] = piece
        spec = self._spec
        frames = (lengths - spec.overlap_samples) // spec.hop_samples
        mask = np.arange(self._steps) < (frames - self._step_frames)[:, None]
        return torch.as_tensor(filled), torch.as_tensor(mask)


class _Epoch(NamedTuple):
    """One epoch: in which order its sequences come, and how each is varied."""

    order: NDArray[np.int64]
    shifts: NDArray[np.int64]
    """Of each recording, in samples."""
    gains: NDArray[np.float32]
    speeds: NDArray[np.float64]
    parities: NDArray[np.float64]
    """Beats by which the position is shifted."""
    silenced: NDArray[np.bool_]
    """Whether the beat is not told."""


class _Stretch(NamedTuple):
    """Where a sequence lies."""

    recording: int
    start: int
    """Its first sample."""
    end: int
    """The sample after its last."""
    speed: float
    """At which it is played."""
