"""Sine windows that overlap by half, and the change of rate through them.

A sine window before the transform and another after it add up to one (Princen & Bradley 1986), so a
spectrum may be changed in between. Letters: S samples, N windows, W samples of one, h = W / 2.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor

from reverie.frames.spectra import irfft, rfft


@lru_cache(maxsize=16)
def sine(window_samples: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the sine window [W]."""
    angle = torch.arange(window_samples, dtype=torch.float64) * (math.pi / window_samples)
    return angle.sin().to(dtype).to(device)


def windowed(samples: Tensor, window_samples: int) -> Tensor:
    """Transform windows, no padding: [..., (N + 1)·h] -> complex [..., N, h + 1]."""
    blocks = samples.unfold(-1, window_samples, window_samples // 2)
    return rfft(blocks * sine(window_samples, samples.dtype, samples.device))


def overlap_added(spectra: Tensor) -> Tensor:
    """Window again, overlap and add: complex [..., N, h + 1] -> [..., (N + 1)·h].

    The first and the last h samples lack a window.
    """
    window_samples = 2 * (spectra.shape[-1] - 1)
    half = window_samples // 2
    blocks = irfft(spectra, n=window_samples)
    blocks = blocks * sine(window_samples, blocks.dtype, blocks.device)
    total = blocks.new_zeros(*blocks.shape[:-2], blocks.shape[-2] + 1, half)
    total[..., :-1, :] += blocks[..., :half]
    total[..., 1:, :] += blocks[..., half:]
    return total.flatten(-2)


def resized(spectra: Tensor, half: int) -> Tensor:
    """Return spectra for windows of 2·`half` samples, with the levels as they were: higher
    frequencies are dropped, or added as zeros."""
    bins = spectra.shape[-1]
    shared = min(bins, half + 1)
    sized = spectra.new_zeros(*spectra.shape[:-1], half + 1)
    sized[..., :shared] = spectra[..., :shared] * (half / (bins - 1))
    if bins != half + 1:
        sized[..., shared - 1] = 0  # the highest bin holds no phase
    return sized


def narrowed(samples: Tensor, half: int, narrow_half: int) -> Tensor:
    """Change the rate by narrow_half / half: [..., S] -> [..., (S / half - 2)·narrow_half].

    The first and the last `half` samples only take part in the windows over their neighbours.
    """
    spectra = resized(windowed(samples, 2 * half), narrow_half)
    return overlap_added(spectra)[..., narrow_half:-narrow_half]
