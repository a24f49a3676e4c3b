"""A little music, made: notes that begin, ring and end."""

import math

import torch
from torch import Tensor

RATE_HZ = 8000


def melody(seconds: float, seed: int = 0, rate_hz: int = RATE_HZ) -> Tensor:
    """Decaying notes of four harmonics, one every fifth of a second, and a little noise: [1, S]."""
    rng = torch.Generator().manual_seed(seed)
    samples = 1e-4 * torch.randn(round(seconds * rate_hz), generator=rng)
    for start in range(0, len(samples), rate_hz // 5):
        pitch = 110 * 2 ** (float(torch.randint(0, 24, (1,), generator=rng)) / 12)
        time = torch.arange(min(rate_hz // 2, len(samples) - start)) / rate_hz
        for harmonic in (1, 2, 3, 4):
            wave = torch.sin(2 * math.pi * pitch * harmonic * time) * torch.exp(-6 * time)
            samples[start : start + len(time)] += 0.1 / harmonic * wave
    return samples.unsqueeze(0)


def decibels(ratio: Tensor | float) -> float:
    """Of an amplitude."""
    return 20 * math.log10(float(ratio))
