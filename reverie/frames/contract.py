"""What every frame representation does: samples to frames and back, whole or as a stream.

Letters: B batch, C channels, S samples, T frames, n samples a frame, D width of a frame.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class FrameSpec:
    """The shape of frames: all that a model and its training sequences need to know of them."""

    hop_samples: int
    """Samples from one frame to the next, n, in each channel."""

    width: int
    """Numbers in one frame, D."""

    planes: int = 1
    """Equal parts of a frame that belong side by side: real and imaginary part, or only one."""

    overlap_samples: int = 0
    """Samples that a frame shares with its neighbour; 0 where frames do not overlap."""

    channels: int = 1
    """Channels of the samples, C, all of which are in a frame."""

    codebook_size: int = 0
    """Values that each number of a frame can take, where they are codes; 0 for real numbers."""

    codebook_dim: int = 0
    """Numbers in the vector that a code stands for, V; 0 where frames are not codes."""

    def samples_for(self, frames: int) -> int:
        """Return how many samples of a longer signal `Frames.analyse` needs for `frames` frames."""
        return frames * self.hop_samples + self.overlap_samples

    def centre_samples(self, frames: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return where the middle of frames lies, counted from the start of frame 0, in samples."""
        middle = (self.hop_samples + self.overlap_samples) / 2
        return frames.astype(np.float64) * self.hop_samples + middle


SynthesisState = Any
"""What synthesis keeps of the frames before. Only the frames that made it look inside."""


class Frames(ABC):
    """A pure, device-agnostic transform between samples and frames.

    `analyse` and `synthesise` work inside a stream: no padding, the overlap with what went
    before is an argument. `encode` and `decode` work on whole excerpts and invert each other,
    exactly or as well as the frames allow. Models see samples of all channels, [B, C, S]; the
    transforms below them take one signal, [B, S].

    Args:
        spec: of the frames.
    """

    lookahead_frames: int = 0
    """Frames that must follow one before it can be decoded."""

    def __init__(self, spec: FrameSpec) -> None:
        self.spec = spec

    @abstractmethod
    def analyse(self, samples: Tensor) -> Tensor:
        """Transform an excerpt of a longer signal: [B, C, T·n + overlap] -> [B, T, D]."""

    @abstractmethod
    def synthesise(self, frames: Tensor, state: SynthesisState) -> tuple[Tensor, SynthesisState]:
        """Turn frames that continue others into samples.

        Args:
            frames: [B, T, D].
            state: after the frames before; see `initial_state`.

        Returns:
            samples [B, C, T·n], and the state after these frames. With an overlap the
            samples run late by as much: the first `overlap` belong to the frames before.
            With a lookahead, frames wait in the state until those that they need have come:
            a stream gives samples of `lookahead_frames` fewer frames than it was given.
        """

    def state_after(self, samples: Tensor) -> SynthesisState:
        """Return the synthesis state of a stream after `samples` [B, C, T·n + overlap]."""
        frames = self.analyse(samples)
        return self.synthesise(frames, self.initial_state(len(samples), frames))[1]

    def initial_state(self, batch: int, like: Tensor) -> SynthesisState:
        """Return the synthesis state at the start of `batch` streams, like `like` in type."""
        return like.new_zeros(batch, self.spec.overlap_samples)

    def encode(self, samples: Tensor) -> Tensor:
        """Transform a whole excerpt, zero-padded: [B, C, S] -> [B, ceil((S + overlap) / n), D].

        Without an overlap that is ceil(S / n) frames. S is 1 at least.
        """
        overlap = self.spec.overlap_samples
        missing = -(samples.shape[-1] + overlap) % self.spec.hop_samples
        return self.analyse(functional.pad(samples, (overlap, missing + overlap)))

    def decode(self, frames: Tensor) -> Tensor:
        """Turn the frames of a whole excerpt into samples: [B, T, D] -> [B, C, T·n - overlap].

        `decode(encode(x))` is x, followed by zeros up to a whole number of frames.
        """
        samples, _ = self.synthesise(frames, self.initial_state(len(frames), frames))
        return samples[..., self.spec.overlap_samples :]

    def blocks(self, samples: Tensor) -> Tensor:
        """Cut [..., T·n] into [..., T, n]."""
        return samples.reshape(*samples.shape[:-1], -1, self.spec.hop_samples)


def whole_frames(frames: Frames, samples: Tensor) -> Tensor:
    """Return all frames that lie whole in `samples` [B, C, S]: [N, D]; N may be 0."""
    spec = frames.spec
    count = (samples.shape[-1] - spec.overlap_samples) // spec.hop_samples
    if count < 1:
        return samples.new_zeros(0, spec.width)
    return frames.analyse(samples[..., : spec.samples_for(count)]).flatten(0, -2)


class CodebookInfo(NamedTuple):
    """The vectors and levels that codes stand for."""

    vectors: Tensor
    """[D, codebook, V], of each."""
    levels: Tensor
    """[codebook], how loud each first code alone is, in dB."""


class Representation(Frames):
    """Frames as models see them: a transform, and what was learnt of it from training audio."""

    codebook_info: CodebookInfo | None = None
    """Where frames are codes."""

    @abstractmethod
    def to(self, device: torch.device | str) -> Self:
        """Return the same on `device`."""

    @abstractmethod
    def save(self, path: Path) -> None:
        """Write what was learnt as safetensors."""
