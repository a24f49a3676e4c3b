"""Training sequences: stretches of recordings, read from the memory-mapped corpus when needed.

Letters: B batch, C channels, S samples of a sequence, T steps, K frames that one step
sees, n samples a frame.
"""

import math
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from torch import Tensor

from reverie.audio.channels import with_channels
from reverie.corpus.corpus import Corpus
from reverie.corpus.recordings import Recordings
from reverie.corpus.sounding import all_sounding
from reverie.frames.contract import FrameSpec
from reverie.training.beats import RecordingBeats
from reverie.training.epoch import Epoch, Variation, unvaried, varied


class Share(NamedTuple):
    """One of several parts of every batch, as equal as can be; those before may have one more."""

    part: int = 0
    parts: int = 1


class Batch(NamedTuple):
    """Sequences that are learnt from together, or a share of them."""

    samples: Tensor
    """[B, C, S]."""
    mask: Tensor | None = None
    """[B, T], which steps have a next frame of music; None for all of them."""
    beat: Tensor | None = None
    """[B, T, 2], where among the beats each step's next frame lies, and the seconds of a beat, 0
    for no beat; None where nobody asks."""
    total: int = 0
    """Sequences of the whole batch."""
    is_spare: bool = False
    """Whether the batch has fewer sequences than shares, and this one is another's, not to be
    counted again."""

    def to(self, device: torch.device) -> "Batch":
        """Return the same on `device`; what is pinned is still on its way there."""
        return self._mapped(lambda one: one.to(device, non_blocking=one.is_pinned()))

    def pinned(self) -> "Batch":
        """Return the same in memory from which a CUDA device copies by itself."""
        return self._mapped(lambda one: one.pin_memory())

    def _mapped(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        mask = None if self.mask is None else change(self.mask)
        beat = None if self.beat is None else change(self.beat)
        return self._replace(samples=change(self.samples), mask=mask, beat=beat)


WHOLE = Share()


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
        recordings: Recordings,
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
        self.corpus, self.recordings, self.starts = corpus, recordings, starts
        self.length_samples = spec.samples_for(sequence_frames + step_frames)
        self.stride_samples = sequence_frames * spec.hop_samples
        self._firsts, self._lasts = all_sounding(corpus, recordings, trim_silence_db)
        lengths = self._lasts - self._firsts
        self._spare = spare = lengths - self.length_samples
        self._least_samples = spec.samples_for(step_frames + 1)
        self._short = (spare < 0) & (lengths >= self._least_samples)
        self.counts = np.where(spare >= 0, spare // self.stride_samples + 1, self._short * 1)
        """How many sequences each recording gives."""
        self._ends = np.cumsum(self.counts)
        self._every = int(self.counts.sum())
        self._count = min(most, self._every) if most else self._every

    def __len__(self) -> int:
        return self._count

    @property
    def whole(self) -> int:
        """How many sequences there are that are not filled up, before any were chosen."""
        return int(self.counts.sum() - self._short.sum())

    @property
    def steps(self) -> int:
        """T."""
        return self._steps

    @property
    def short(self) -> Recordings:
        """The recordings that are shorter than a sequence, and one each."""
        return self.recordings.take(self._short)

    @property
    def unused(self) -> Recordings:
        """The recordings that are too short to tell what follows what."""
        return self.recordings.take(self.counts == 0)

    def _played(self, stretch: "_Stretch") -> NDArray[np.float32]:
        """Return the samples of a stretch: [C, S]."""
        pcm = self.corpus.pcm(self.recordings[stretch.recording])
        played = with_channels(pcm[:, stretch.start : stretch.end], self._spec.channels)
        if stretch.speed == 1:
            return played
        # soxr takes the channels of one moment beside each other.
        frames = np.ascontiguousarray(played.T)
        played = soxr.resample(frames, stretch.speed, 1.0, quality="LQ").T[:, : self.length_samples]
        if self._short[stretch.recording]:
            return played
        return np.pad(played, ((0, 0), (0, self.length_samples - played.shape[1])))

    def _stretch(self, index: int, shifts: NDArray[np.int64], speed: float) -> "_Stretch":
        """Where sequence `index` lies."""
        place = index * self._every // self._count
        which = int(np.searchsorted(self._ends, place, side="right"))
        within = place - int(self._ends[which] - self.counts[which])
        start = within * self.stride_samples + int(shifts[which])
        first, last = int(self._firsts[which]), int(self._lasts[which])
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
        self,
        batch_size: int,
        rng: np.random.Generator | None,
        skip: int = 0,
        *,
        stride: int = 1,
        share: Share = WHOLE,
        side_by_side: bool = False,
    ) -> Iterator[Batch]:
        """One epoch.

        Args:
            batch_size: B; the last batch may be smaller.
            rng: orders and shifts the sequences; without it they come in order, unshifted.
            skip: batches passed over, to resume inside an epoch.
            stride: of the others one in so many is taken.
            share: read this share of each batch; which sequences a batch has does not depend on it.
            side_by_side: they come in order nevertheless, so that few recordings are read.
        """
        plan = self._epoch(rng)
        for first in range(skip * batch_size, len(self), stride * batch_size):
            places = np.arange(first, min(first + batch_size, len(self)))
            whole = places if side_by_side else plan.order(places)
            chosen = np.array_split(whole, share.parts)[share.part]
            is_spare = not len(chosen)
            chosen = whole[:1] if is_spare else chosen
            stretches = [
                self._stretch(int(number), plan.shifts, float(speed))
                for number, speed in zip(chosen, plan.speeds(chosen), strict=True)
            ]
            gains = plan.gains(chosen)
            pieces = [self._played(one) * gain for one, gain in zip(stretches, gains, strict=True)]
            samples, mask = self._stacked(pieces)
            batch = Batch(samples, mask, None, len(whole), is_spare)
            if self._beats is None:
                yield batch
                continue
            beat = np.stack([self._beat(self._beats, one) for one in stretches])
            beat[..., 0] += plan.parities(chosen)[:, None]
            beat[plan.silenced(chosen)] = 0
            yield batch._replace(beat=torch.as_tensor(beat, dtype=torch.float32))

    def _epoch(self, rng: np.random.Generator | None) -> Epoch:
        """Draw an epoch; without `rng` every sequence comes in order, as it is."""
        if rng is None:
            return unvaried(len(self.recordings))
        room = self._spare - (self.counts - 1) * self.stride_samples
        variation = Variation(
            room if self.starts == "random" else None,
            self.gain_db,
            self.transpose_semitones,
            self._beats is not None,
            self._beat_dropout,
        )
        return varied(len(self), len(self.recordings), variation, rng)

    def _beat(self, beats: RecordingBeats, stretch: "_Stretch") -> NDArray[np.float64]:
        """Return the beat of a stretch: [T, 2]."""
        steps = np.arange(self._steps) + self._step_frames
        middle = self._spec.centre_samples(steps) * stretch.speed
        seconds = (stretch.start + middle) / self.corpus.rate_hz
        return beats.grid(self.recordings[stretch.recording], seconds, stretch.speed)

    def _stacked(self, pieces: list[NDArray[np.float32]]) -> tuple[Tensor, Tensor | None]:
        spec = self._spec
        lengths = np.array([piece.shape[1] for piece in pieces])
        if (lengths == self.length_samples).all():
            return torch.as_tensor(np.stack(pieces)), None
        filled = np.zeros((len(pieces), spec.channels, self.length_samples), np.float32)
        for row, piece in zip(filled, pieces, strict=True):
            row[:, : piece.shape[1]] = piece
        frames = (lengths - spec.overlap_samples) // spec.hop_samples
        mask = np.arange(self._steps) < (frames - self._step_frames)[:, None]
        return torch.as_tensor(filled), torch.as_tensor(mask)


class _Stretch(NamedTuple):
    """Where a sequence lies."""

    recording: int
    start: int
    """Its first sample."""
    end: int
    """The sample after its last."""
    speed: float
    """At which it is played."""
