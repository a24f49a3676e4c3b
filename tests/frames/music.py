"""The tests' music as tensors, and decibels."""

import math

import torch
from torch import Tensor

from reverie.frames.settings import FrameSettings
from tests.audio.making import music

RATE_HZ = 8000

REFINED_CODES = FrameSettings(
    transform="codes",
    hop_seconds=0.032,
    n_components=32,
    n_codebooks=3,
    codebook_size=32,
    decoder="context",
    decoder_channels=16,
    decoder_blocks=2,
)
"""Codes that a decoder with context refines."""


def melody(seconds: float, seed: int = 0) -> Tensor:
    """A tune of its own for each seed: [1, 1, S]."""
    return torch.as_tensor(music(seconds, seed=seed, rate_hz=RATE_HZ)).view(1, 1, -1)


def decibels(ratio: Tensor | float) -> float:
    """Of an amplitude."""
    return 20 * math.log10(float(ratio))
