"""Bring the power of what is told of the full band to that of music, in the mean.

A regression tells the middle of what may come. In decibels, and in shares, that is too little:
bursts count for more than silences.
Letters as in `features.py`.
"""

import torch
from torch import Tensor

from reverie.frames.full_band.bands import HIGH_STEPS, Bands
from reverie.frames.full_band.features import Spread, spread_of
from reverie.frames.full_band.widening import MOST_SIDE

HALVINGS = 24
"""Of the interval in which a share's correction lies: as exact as single precision."""


def corrections(predicted: Tensor, music: Tensor, mid_power: Tensor, bands: Bands) -> Tensor:
    """Return what is to be added to features so that their powers are those of music.

    Args:
        predicted: [B, T, E], features that were told of music.
        music: [B, T, E], its features.
        mid_power: [B, T, N], the power of its mid in each stereo band.
        bands: of the frames.

    Returns:
        [E].
    """
    of_predicted, of_music = spread_of(predicted, bands), spread_of(music, bands)
    levels = (_level_power(of_music) / _level_power(of_predicted)).log() / 2
    lacking = predicted.shape[-1] - HIGH_STEPS * bands.n_high - of_predicted.side.shape[-1]
    return torch.cat([levels.repeat(HIGH_STEPS), _shares(of_predicted, of_music, mid_power),
                      predicted.new_zeros(lacking)])  # fmt: skip


def _level_power(spread: Spread) -> Tensor:
    """Return the power of each high band: [H]."""
    return spread.levels.mul(2).exp().sum((0, 1))


def _shares(predicted: Spread, music: Spread, mid_power: Tensor) -> Tensor:
    """Return what makes the side, of this mid, as strong as that of music: [N]."""
    wanted = _side_power(music.side, mid_power)
    lower, upper = -torch.ones_like(wanted), torch.ones_like(wanted)
    for _ in range(HALVINGS):
        middle = (lower + upper) / 2
        is_enough = _side_power((predicted.side + middle).clamp_min(0), mid_power) >= wanted
        lower, upper = torch.where(is_enough, lower, middle), torch.where(is_enough, middle, upper)
    return (lower + upper) / 2


def _side_power(share: Tensor, mid_power: Tensor) -> Tensor:
    """Return the power that is made of the side in each stereo band: [B, T, N] -> [N]."""
    share = share.clamp_max(MOST_SIDE)
    return (mid_power * share / (1 - share)).sum((0, 1))
