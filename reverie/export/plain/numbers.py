"""Sound from frames of real numbers, one frame at a time.

Letters: D width of a frame, C channels, n samples of a frame in each, F bins.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn

from reverie.export.plain.phase import STACKED, PhaseSynthesis
from reverie.frames.channels import ChannelFrames
from reverie.frames.contract import SynthesisState
from reverie.frames.log_spectrum import LogSpectrum
from reverie.frames.normalised import Normalised

ROWS = 256
"""Frames that are decoded at once to find a matrix."""


class LinearDecoder(nn.Module):
    """The samples of a frame whose transform is linear, by a matrix found from its unit frames.

    Its state is what overlaps with the next frame, [1, C·overlap]; it has none where nothing does.

    Args:
        frames: the transform and its statistics.
    """

    def __init__(self, frames: Normalised) -> None:
        super().__init__()
        self.channels = frames.spec.channels
        matrix, overlap = _matrices(cast(ChannelFrames, frames.frames))
        for name, table in (
            ("mean", frames.mean),
            ("scale", frames.scale),
            ("matrix", matrix),
            ("into_next", overlap),
        ):
            self.register_buffer(name, table.clone())
        self.mean: Tensor
        self.scale: Tensor
        self.matrix: Tensor
        self.into_next: Tensor
        self.has_overlap = overlap.shape[1] > 0
        self.names = ("overlap",) if self.has_overlap else ()

    def forward(self, frame: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Decode [1, D] to [C, n]."""
        numbers = frame * self.scale + self.mean
        samples = (numbers @ self.matrix).reshape(self.channels, -1)
        after: list[Tensor] = []
        if self.has_overlap:
            samples = samples + state[0].reshape(self.channels, -1)
            after.append(numbers @ self.into_next)
        return samples, after


class SpectrumDecoder(nn.Module):
    """The samples of a frame of log magnitudes.

    Its state is samples [C, 6·h] and magnitudes [C, 3, F].

    Args:
        frames: the transform and its statistics.
        by_matrix: transform by a matrix.
    """

    names = ("recent", "magnitudes")

    def __init__(self, frames: Normalised, by_matrix: bool) -> None:
        super().__init__()
        self.channels = frames.spec.channels
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", frames.mean.clone())
        self.register_buffer("scale", frames.scale.clone())
        self.synthesis: Any = PhaseSynthesis(frames.spec.hop_samples, by_matrix)

    def forward(self, frame: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Decode [1, D] to [C, n]."""
        numbers = (frame * self.scale + self.mean).reshape(2, self.channels, -1)
        samples, recent, magnitudes = self.synthesis(numbers.transpose(0, 1), state[0], state[1])
        return samples, [recent, magnitudes]


def is_spectrum(frames: Normalised) -> bool:
    """Return whether frames are log magnitudes."""
    return isinstance(frames.frames, ChannelFrames) and isinstance(
        frames.frames.transform, LogSpectrum
    )


def numbers_state(frames: Normalised, state: SynthesisState) -> list[Tensor]:
    """Return a state of frames as their decoder takes it."""
    if not is_spectrum(frames):
        return [state.reshape(1, -1)] if state.numel() else []
    overlap, bins = frames.spec.overlap_samples, frames.spec.hop_samples + 1
    recent, magnitudes = state[:, : 2 * overlap], state[:, 2 * overlap :]
    return [recent, magnitudes.reshape(len(state), STACKED + 1, bins)]


def _matrices(frames: ChannelFrames) -> tuple[Tensor, Tensor]:
    """Return what a frame adds to its samples, [D, C·n], and to those after, [D, C·overlap]."""
    width = frames.spec.width
    found: list[tuple[Tensor, Tensor]] = []
    for first in range(0, width, ROWS):
        unit = torch.zeros(min(ROWS, width - first), 1, width)
        unit[:, 0, first : first + len(unit)] = torch.eye(len(unit))
        samples, state = frames.synthesise(unit, frames.initial_state(len(unit), unit))
        found.append((samples.reshape(len(unit), -1), state.reshape(len(unit), -1)))
    return torch.cat([one for one, _ in found]), torch.cat([one for _, one in found])
