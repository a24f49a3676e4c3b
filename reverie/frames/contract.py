"""What every frame representation does: samples to frames and back, whole or as a stream.

Letters: B batch, S samples, T frames, n samples a frame, D width of a frame.
"""

from abc import ABC, abstractmethod

from torch import Tensor
from torch.nn import functional


class Frames(ABC):
    """A pure, differentiable, device-agnostic transform between samples and frames.

    `analyse` and `synthesise` work inside a stream: no padding, the overlap with what went
    before is an argument. `encode` and `decode` work on whole excerpts and invert each other.
    """

    frame_samples: int
    """Samples from one frame to the next, n."""

    width: int
    """Numbers in one frame, D."""

    planes: int
    """Equal parts of a frame that belong side by side: real and imaginary part, or only one."""

    overlap_samples: int
    """Samples that a frame shares with its neighbour; 0 where frames do not overlap."""

    @abstractmethod
    def analyse(self, samples: Tensor) -> Tensor:
        """Frames of an excerpt of a longer signal: [B, T·n + overlap] -> [B, T, D]."""

    @abstractmethod
    def synthesise(self, frames: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
        """Samples of frames that go on from others.

        Args:
            frames: [B, T, D].
            tail: [B, overlap], what the frames before left over; zeros at the start.

        Returns:
            samples [B, T·n], and the tail that these frames leave over. With an overlap the
            samples run late by as much: the first `overlap` belong to the frames before.
        """

    def encode(self, samples: Tensor) -> Tensor:
        """Frames of a whole excerpt, padded with zeros: [B, S] -> [B, ceil((S + overlap) / n), D].

        Without an overlap that is ceil(S / n) frames. S is 1 at least.
        """
        missing = -samples.shape[-1] % self.frame_samples
        padded = functional.pad(samples, (self.overlap_samples, missing + self.overlap_samples))
        return self.analyse(padded)

    def decode(self, frames: Tensor) -> Tensor:
        """Samples of a whole excerpt: [B, T, D] -> [B, T·n - overlap].

        `decode(encode(x))` is x, followed by zeros up to a whole number of frames.
        """
        samples, _ = self.synthesise(frames, self.silent_tail(frames))
        return samples[:, self.overlap_samples :]

    def silent_tail(self, like: Tensor) -> Tensor:
        """The tail at the start of a stream: zeros [B, overlap] of the kind of `like` [B, ...]."""
        return like.new_zeros(like.shape[0], self.overlap_samples)

    def blocks(self, samples: Tensor) -> Tensor:
        """Cut [B, T·n] into [B, T, n]."""
        return samples.reshape(*samples.shape[:-1], -1, self.frame_samples)

    def samples_for(self, frames: int) -> int:
        """How many samples of a longer signal `analyse` needs to give `frames` frames."""
        return frames * self.frame_samples + self.overlap_samples
