"""A decoder with context: it refines each frame that codes stand for by the frames around it.

Few codes describe a frame coarsely. Its neighbours tell much of what they leave out: where a sound
begins, how it decays. A small convolutional network learns that by regression, and draws nothing.
Letters: B batch, T frames, L frames of context on each side, K principal components, C channels.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from reverie.frames.allocation import allocate
from reverie.frames.settings import FrameSettings

KERNEL_FRAMES = 5
"""Width of each convolution."""


class DecoderSize(NamedTuple):
    """The size of a decoder."""

    n_components: int
    """K."""
    channels: int
    """C."""
    blocks: int
    """Residual blocks one after another."""

    @property
    def context_frames(self) -> int:
        """L: frames on each side that decide one frame."""
        return self.blocks * (KERNEL_FRAMES // 2)

    @property
    def weights(self) -> int:
        """Numbers that it learns."""
        channels, edges = self.channels, 2 * self.n_components * self.channels
        each = (KERNEL_FRAMES + 1) * channels**2 + 2 * channels
        return edges + channels + self.n_components + self.blocks * each


class ContextNetwork(nn.Module):
    """Tells something of each frame from its vector and those around it; begins by telling zeros.

    Residual blocks (He et al. 2016) of a convolution over time, GELU and a linear layer.

    Args:
        size: of the network.
        scale: [], the standard deviation of the vectors.
        n_outputs: numbers that it tells of a frame, O.
        rng: for the initial weights; None where others are loaded.
    """

    def __init__(
        self, size: DecoderSize, scale: Tensor, n_outputs: int, rng: torch.Generator | None
    ) -> None:
        super().__init__()
        self.size = size
        self.scale: Tensor
        self.register_buffer("scale", scale.clamp_min(1e-6))
        channels = size.channels
        self.enter = _linear(size.n_components, channels, rng)
        self.convolve = [
            _linear(KERNEL_FRAMES * channels, channels, rng) for _ in range(size.blocks)
        ]
        self.mix = [_linear(channels, channels, rng) for _ in range(size.blocks)]
        for number, (convolve, mix) in enumerate(zip(self.convolve, self.mix, strict=True), 1):
            self.add_module(f"convolve{number}", convolve)
            self.add_module(f"mix{number}", mix)
        self.leave = _linear(channels, n_outputs, None)

    def forward(self, vectors: Tensor) -> Tensor:
        """Tell of the frames that have their whole context: [B, T + 2L, K] -> [B, T, O]."""
        hidden = self.enter(vectors / self.scale)
        edge = KERNEL_FRAMES // 2
        for convolve, mix in zip(self.convolve, self.mix, strict=True):
            count = hidden.shape[1] - 2 * edge
            around = [hidden[:, first : first + count] for first in range(KERNEL_FRAMES)]
            inner = functional.gelu(convolve(torch.cat(around, dim=-1)))
            hidden = hidden[:, edge : edge + count] + mix(inner)
        return self.leave(hidden)

    @property
    def unit(self) -> Tensor:
        """What errors are measured in: 1."""
        return torch.ones_like(self.scale)

    def inner(self, vectors: Tensor) -> Tensor:
        """Return the frames that have their whole context: [B, T + 2L, K] -> [B, T, K]."""
        context = self.size.context_frames
        return vectors[:, context : vectors.shape[1] - context]


class ContextDecoder(ContextNetwork):
    """Adds to each frame's vector what the frames around it tell; begins by adding nothing.

    Args:
        size: of the network.
        scale: [], the standard deviation of the vectors.
        rng: for the initial weights; None where others are loaded.
    """

    def __init__(self, size: DecoderSize, scale: Tensor, rng: torch.Generator | None) -> None:
        super().__init__(size, scale, size.n_components, rng)

    def forward(self, vectors: Tensor) -> Tensor:
        """Refine the frames that have their whole context: [B, T + 2L, K] -> [B, T, K]."""
        return self.inner(vectors) + super().forward(vectors) * self.scale

    @property
    def unit(self) -> Tensor:
        """What errors are measured in: the standard deviation of the vectors."""
        return self.scale


def build_decoder(
    settings: FrameSettings, codebooks: Tensor, rng: torch.Generator | None
) -> ContextDecoder | None:
    """Build the decoder that `settings` ask for, not fitted yet; None where they ask for none.

    Args:
        settings: the size.
        codebooks: [Q, C, K], whose vectors it refines.
        rng: for the initial weights.
    """
    if settings.decoder == "none":
        return None
    size = decoder_size(settings, codebooks.shape[-1])
    return ContextDecoder(size, codebooks[0].std(correction=0), rng).requires_grad_(False)


def decoder_size(settings: FrameSettings, n_components: int) -> DecoderSize:
    """The size that `settings` ask for, of K components."""
    return DecoderSize(n_components, settings.decoder_channels, settings.decoder_blocks)


def _linear(features: int, outputs: int, rng: torch.Generator | None) -> nn.Linear:
    """A linear layer with weights of variance 1 / features, or of zeros without `rng`."""
    layer = nn.Linear(features, outputs, device="meta")
    allocate(layer)
    with torch.no_grad():
        layer.bias.zero_()
        if rng is None:
            layer.weight.zero_()
        else:
            layer.weight.normal_(0, features**-0.5, generator=rng)
    return layer
