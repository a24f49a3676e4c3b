"""Fourier transforms in torch: differentiable, on any device.

torch leaves out the types of its discrete transforms; here they have them. The short-time
transform is the only one in torch; `audio/stft.py` is its counterpart for measuring.
Letters: B batch, N frames, F bins, W samples of a window, h hop: W / 4.
"""

import math
from functools import lru_cache
from typing import Any, cast

import torch
from torch import Tensor

OVERLAP = 4
"""Windows over each sample: W / h."""
SMALLEST = 1e-8
"""Sums of squared windows below this are not divided by."""

_untyped = cast(Any, torch.fft)


def fft(x: Tensor) -> Tensor:
    """Transform [..., n] to complex [..., n]."""
    return _untyped.fft(x)


def ifft(x: Tensor) -> Tensor:
    """Invert `fft`: [..., n] -> [..., n]."""
    return _untyped.ifft(x)


def rfft(x: Tensor) -> Tensor:
    """Transform real [..., n] to complex [..., n // 2 + 1], the half that is not redundant."""
    return _untyped.rfft(x)


def irfft(x: Tensor, n: int) -> Tensor:
    """Invert `rfft`: [..., n // 2 + 1] -> real [..., n]."""
    return _untyped.irfft(x, n=n)


def stft(samples: Tensor, window_samples: int) -> Tensor:
    """Transform Hann windows, no padding: [B, (N + 3)·h] -> complex [B, N, F]."""
    blocks = samples.unfold(-1, window_samples, window_samples // OVERLAP)
    return rfft(blocks * hann(window_samples, samples.dtype, samples.device))


def overlap_add(spectrum: Tensor) -> Tensor:
    """Return the samples whose transform is nearest: [B, N, F] -> [B, (N + 3)·h]."""
    window_samples = 2 * (spectrum.shape[-1] - 1)
    blocks = irfft(spectrum, n=window_samples)
    window = hann(window_samples, blocks.dtype, blocks.device)
    return _summed(blocks * window) / _squares(spectrum.shape[1], window)


@lru_cache(maxsize=16)
def hann(window_samples: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the periodic Hann window [W]."""
    angle = torch.arange(window_samples, dtype=torch.float64) * (2 * math.pi / window_samples)
    return ((1 - angle.cos()) / 2).to(dtype).to(device)


def _summed(blocks: Tensor) -> Tensor:
    """Overlap and add: [B, N, W] -> [B, (N + 3)·h]."""
    batch, count, window_samples = blocks.shape
    hop = window_samples // OVERLAP
    total = blocks.new_zeros(batch, count + OVERLAP - 1, hop)
    for place, part in enumerate(blocks.view(batch, count, OVERLAP, hop).unbind(2)):
        total[:, place : place + count] += part
    return total.flatten(1)


@lru_cache(maxsize=64)
def _squares(count: int, window: Tensor) -> Tensor:
    blocks = window.square().expand(1, count, -1)
    return _summed(blocks).clamp_min(SMALLEST)
