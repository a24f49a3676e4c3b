"""What is measured of the full band: high bands, and left and right by bands.

Of each high band and step the logarithm of its level: of noise, and 1 where a window of it sums up
to its length. Of each stereo band
two shares: of the side in all of its power (0 is mono, 1/2 two sounds that have nothing in common,
1 the one turned round), and how much louder left is than right (-1 to 1).
Letters as in `bands.py`; B batch, C channels, T frames, E features: 4·H + (2·N where C is 2).
"""

from typing import NamedTuple

import torch
from torch import Tensor

from reverie.frames.full_band.bands import HIGH_STEPS, Bands
from reverie.frames.full_band.windows import windowed

QUIETEST = 1e-6
"""Smallest level of a high band, 120 dB under a sine of full scale."""
SILENT_POWER = 1e-10
"""Power a sample that is mono, whatever its channels hold."""


class ChannelPowers(NamedTuple):
    """Powers of stereo bands, each [B, T, N]."""

    mid: Tensor
    side: Tensor
    product: Tensor
    """Of mid and side: above 0 where left is louder."""


class Spread(NamedTuple):
    """How the full band lies over levels and channels."""

    levels: Tensor
    """[B, 4·T, H], natural logarithms."""
    side: Tensor
    """[B, T, N], 0 to 1; N is 0 of mono."""
    balance: Tensor
    """[B, T, N], -1 to 1."""


def n_features(bands: Bands, channels: int) -> int:
    """E."""
    return HIGH_STEPS * bands.n_high + (2 * len(bands.stereo) if channels > 1 else 0)


def measure(samples: Tensor, bands: Bands) -> Tensor:
    """Return the features of samples [B, C, T·n + 5·h]: [B, T, E]."""
    half = bands.half
    batch, channels, count = samples.shape
    frames = (count // half - 5) // 2
    inner = samples[..., 2 * half :]
    short = windowed(inner, half)[..., : HIGH_STEPS * frames, :].abs().square().mean(1)
    power = short @ bands.high.t() / bands.high.sum(1).clamp_min(1) * (2 / half**2)
    features = [power.clamp_min(QUIETEST**2).log().div(2).reshape(batch, frames, -1)]
    if channels > 1:
        powers = measure_channels(samples, bands)
        whole = powers.mid + powers.side + SILENT_POWER * half * bands.stereo.sum(1).clamp_min(1)
        features += [powers.side / whole, 2 * powers.product / whole]
    return torch.cat(features, dim=-1)


def measure_channels(samples: Tensor, bands: Bands) -> ChannelPowers:
    """Return the powers of the channels of samples [B, 2, T·n + 5·h], by stereo bands."""
    half = bands.half
    batch, _, count = samples.shape
    frames = (count // half - 5) // 2
    inner = samples[..., 2 * half :]
    left, right = windowed(inner, 2 * half)[..., : 2 * frames, :].unbind(1)
    mid, side = (left + right) / 2, (left - right) / 2

    def by_band(power: Tensor) -> Tensor:
        return power.reshape(batch, frames, 2, -1).sum(2) @ bands.stereo.t()

    return ChannelPowers(
        by_band(mid.abs().square()),
        by_band(side.abs().square()),
        by_band((mid * side.conj()).real),
    )


def spread_of(features: Tensor, bands: Bands) -> Spread:
    """Invert the layout of `measure`, and bring shares into their bounds: [B, T, E]."""
    batch, frames, _ = features.shape
    levels = HIGH_STEPS * bands.n_high
    half = levels + (features.shape[-1] - levels) // 2
    return Spread(
        features[..., :levels].reshape(batch, HIGH_STEPS * frames, bands.n_high),
        features[..., levels:half].clamp(0, 1),
        features[..., half:].clamp(-1, 1),
    )
