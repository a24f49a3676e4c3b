"""The tests' music as tensors, and decibels."""

import math

import torch
from torch import Tensor

from tests.audio.making import music

RATE_HZ = 8000


def melody(seconds: float, seed: int = 0) -> Tensor:
    """A tune of its own for each seed: [1, S]."""
    return torch.as_tensor(music(seconds, seed=seed, rate_hz=RATE_HZ)).view(1, -1)


def decibels(ratio: Tensor | float) -> float:
    """Of an amplitude."""
    return 20 * math.log10(float(ratio))
