"""Training sequences: stretches of recordings, read from the memory-mapped corpus when needed.

Letters: B batch, S samples of a sequence, T steps, K frames that one step sees, n samples a frame.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import soxr
import torch
from torch import Tensor

from reverie.audio.pcm import FULL_SCALE, to_float32
from reverie.corpus.corpus import Corpus, Recording
from reverie.errors import ReverieError
from reverie.frames.contract import FrameSpec
from reverie.frames.settings import frame_spec
from reverie.runs.settings import Recipe
from reverie.terminal import printable

EXCERPT_SAMPLES = 1 << 20
BLOCK_SECONDS = 0.1
"""Resolution with which silence at the ends of a recording is found."""
MOST_NAMED = 3


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
    ) -> None:
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
        place = int(self._chosen[index])
        which = int(np.searchsorted(self._ends, place, side="right"))
        within = place - int(self._ends[which] - self.counts[which])
        start = within * self.stride_samples + (0 if shifts is None else int(shifts[which]))
        first, last = self._parts[which]
        if self._short[which]:
            return self._read_short(
                to_float32(self.corpus.pcm(self.recordings[which])[first:last]), speed
            )
        needed = math.ceil(self.length_samples * speed) + 1
        if speed == 1 or needed > last - first:
            speed, needed = 1.0, self.length_samples
        start = min(first + start, last - needed)
        pcm = self.corpus.pcm(self.recordings[which])[start : start + needed]
        played = to_float32(pcm)
        if speed == 1:
            return played
        played = soxr.resample(played, speed, 1.0, quality="LQ")[: self.length_samples]
        return np.pad(played, (0, self.length_samples - len(played)))

    def _read_short(self, played: np.ndarray, speed: float) -> np.ndarray:
        if speed == 1 or len(played) < math.ceil(self._least_samples * speed) + 1:
            return played
        return soxr.resample(played, speed, 1.0, quality="LQ")[: self.length_samples]

    def batches(
        self, batch_size: int, rng: np.random.Generator | None, skip: int = 0
    ) -> Iterator[Tensor]:
        """One epoch: the samples [B, S] that `masked_batches` yields."""
        yield from (samples for samples, _ in self.masked_batches(batch_size, rng, skip))

    def masked_batches(
        self, batch_size: int, rng: np.random.Generator | None, skip: int = 0
    ) -> Iterator[tuple[Tensor, Tensor | None]]:
        """One epoch.

        Args:
            batch_size: B; the last batch may be smaller.
            rng: orders and shifts the sequences; without it they come in order, unshifted.
            skip: batches passed over, to go on inside an epoch.

        Yields:
            samples [B, S], and which of their steps have a next frame of music [B, T]; None for
            all of them.
        """
        order, shifts = np.arange(len(self)), None
        gains = speeds = np.ones(len(self), np.float32)
        if rng is not None:
            order = rng.permutation(len(self))
            if self.starts == "random":
                room = self._spare - (self.counts - 1) * self.stride_samples
                shifts = rng.integers(0, np.maximum(room, 0) + 1)
            if self.gain_db:
                drawn = rng.uniform(-self.gain_db, self.gain_db, len(self))
                gains = (10 ** (drawn / 20)).astype(np.float32)
            if self.transpose_semitones:
                most = self.transpose_semitones
                speeds = 2 ** (rng.integers(-most, most + 1, len(self)) / 12)
        for first in range(skip * batch_size, len(self), batch_size):
            chosen = order[first : first + batch_size]
            read = [self.read(int(i), shifts, float(speeds[i])) * gains[i] for i in chosen]
            yield self._stacked(read)

    def _stacked(self, read: list[np.ndarray]) -> tuple[Tensor, Tensor | None]:
        lengths = np.array([len(one) for one in read])
        if (lengths == self.length_samples).all():
            return torch.as_tensor(np.stack(read)), None
        filled = np.zeros((len(read), self.length_samples), np.float32)
        for row, one in zip(filled, read, strict=True):
            row[: len(one)] = one
        spec = self._spec
        frames = (lengths - spec.overlap_samples) // spec.hop_samples
        mask = np.arange(self._steps) < (frames - self._step_frames)[:, None]
        return torch.as_tensor(filled), torch.as_tensor(mask)


def sounding(corpus: Corpus, recording: Recording, below_db: float) -> tuple[int, int]:
    """Where a recording begins and ends to sound, as its first sample and the one after its last.

    Args:
        corpus: it is of.
        recording: one.
        below_db: leave out ends that are so much softer than the whole recording, in units of
            tenths of a second; 0 leaves none out, and all is kept where nothing is louder.
    """
    if not below_db:
        return 0, recording.samples
    pcm, block = corpus.pcm(recording), round(BLOCK_SECONDS * corpus.rate_hz)
    least = FULL_SCALE**2 * 10 ** ((recording.rms_dbfs - below_db) / 10)

    def is_loud(start: int) -> bool:
        return float(np.square(pcm[start : start + block].astype(np.float64)).mean()) >= least

    starts = range(0, recording.samples, block)
    first = next((one for one in starts if is_loud(one)), 0)
    last = next((one for one in reversed(starts) if is_loud(one)), recording.samples)
    return first, min(last + block, recording.samples)


def excerpts(
    corpus: Corpus, recordings: Sequence[Recording], trim_silence_db: float = 0.0
) -> Iterator[Tensor]:
    """All that sounds of `recordings`, in pieces [1, S] that fit in memory."""
    for recording in recordings:
        pcm = corpus.pcm(recording)[slice(*sounding(corpus, recording, trim_silence_db))]
        for first in range(0, len(pcm), EXCERPT_SAMPLES):
            piece = to_float32(pcm[first : first + EXCERPT_SAMPLES])
            yield torch.as_tensor(piece).unsqueeze(0)


def shortness(sequences: Sequences, kind: str) -> str:
    """What is said of recordings shorter than a sequence, or nothing if there are none.

    Args:
        sequences: which.
        kind: of recordings: "training" or "held-out".
    """
    count, seconds = len(sequences.recordings), sequences.length_samples / sequences.corpus.rate_hz
    said: list[str] = []
    if sequences.short:
        said.append(
            f"{len(sequences.short)} of {count} {kind} recordings are shorter than a sequence "
            f"({seconds:.1f} s): each is taken whole, as a shorter sequence."
        )
    if sequences.unused:
        names = ", ".join(printable(one.path) for one in sequences.unused[:MOST_NAMED])
        more = (
            f" and {len(sequences.unused) - MOST_NAMED} more"
            if len(sequences.unused) > MOST_NAMED
            else ""
        )
        said.append(
            f"{len(sequences.unused)} of {count} {kind} recordings are too short to be used: "
            f"{names}{more}."
        )
    return " ".join(said)


def split_sequences(corpus: Corpus, recipe: Recipe) -> tuple[Sequences, Sequences]:
    """The sequences to train on, and the held-out ones.

    Raises:
        ReverieError: either has none.
    """
    spec, training = frame_spec(recipe.frames), recipe.training
    held_out = corpus.of_split("held-out")
    if not held_out:
        raise ReverieError(
            f"{corpus.folder} holds {len(corpus.recordings)} recording and none is held out.",
            "Prepare at least two recordings: one to learn from, one to be tested and seeded with.",
        )
    train_set = Sequences(
        corpus,
        corpus.of_split("train"),
        spec,
        training.sequence_frames,
        training.sequence_starts,
        step_frames=recipe.model.step_frames,
        most=training.max_sequences,
        gain_db=training.gain_db,
        transpose_semitones=training.transpose_semitones,
        trim_silence_db=training.trim_silence_db,
    )
    held_out_set = Sequences(
        corpus,
        held_out,
        spec,
        training.sequence_frames,
        step_frames=recipe.model.step_frames,
        most=training.max_sequences,
        trim_silence_db=training.trim_silence_db,
    )
    for name, found in (("training", train_set), ("held-out", held_out_set)):
        if not found.whole:
            seconds = found.length_samples / corpus.rate_hz
            raise ReverieError(
                f"no {name} recording of {corpus.folder} is as long as one sequence "
                f"({seconds:.1f} s).",
                "Add longer ones, or lower training.sequence_frames or frames.hop_samples.",
            )
    return train_set, held_out_set
