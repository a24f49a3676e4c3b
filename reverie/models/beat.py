"""The beat as an input: where among the beats the frame lies that is to be predicted.

A model that is told the beat keeps it. Letters: F features of a front; `...` leading axes.
"""

import math

import torch
from torch import Tensor, nn

FEATURES = 6
MEDIAN_SECONDS = 0.5
"""A beat of this length is the middle of the scale of tempi."""
INITIAL_STD = 0.1


class BeatConditioner(nn.Module):
    """Embeds the beat for adding to the features of a front; no beat adds nothing.

    Args:
        features: F.
        rng: for the initial weights.
    """

    def __init__(self, features: int, rng: torch.Generator | None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(features, FEATURES))
        if not self.weight.is_meta:  # there, torch would load its compiler for it
            nn.init.normal_(self.weight, 0, INITIAL_STD, generator=rng)

    def forward(self, beat: Tensor) -> Tensor:
        """Embed phases and periods: [..., 2] -> [..., F]; see `beat_features`."""
        return nn.functional.linear(beat_features(beat), self.weight)


def beat_features(beat: Tensor) -> Tensor:
    """Turn phase and period into numbers of a similar size: [..., 2] -> [..., 6].

    Args:
        beat: [..., 2], the position among the beats, whose fraction is the phase and of whose whole
            part only the parity counts; and the seconds from beat to beat, 0 for no beat.

    Returns:
        sine and cosine of the phase within one beat and within two, log2 of the period, and 1; all
        of them 0 where there is no beat.
    """
    position, period = beat.unbind(-1)
    one, two = 2 * math.pi * position, math.pi * position
    octaves = (period.clamp_min(1e-3) / MEDIAN_SECONDS).log2()
    parts = [one.sin(), one.cos(), two.sin(), two.cos(), octaves, torch.ones_like(period)]
    return torch.stack(parts, dim=-1) * (period > 0).unsqueeze(-1)
