"""Make the full band from what the codes tell: a narrow sound, and features of the rest.

The narrow sound is the mid, the mean of left and right, up to where the codes reach. The side is
made of it: a part that leans to one side, and a part turned by a quarter, which is heard as width.
Above, bands of noise have the levels that the features tell, in windows short enough for attacks.
Letters as in `features.py`; m samples of a frame at the narrow rate, g = m / 2.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from reverie.frames.full_band.bands import HIGH_STEPS, NOISE_WINDOWS, Bands
from reverie.frames.full_band.features import spread_of
from reverie.frames.full_band.windows import overlap_added, resized, windowed

MOST_SIDE = 0.98
"""Share of the side up to which there is enough of a mid to make it of."""


class WideState(NamedTuple):
    """What widening keeps of the frames before."""

    narrow: Tensor
    """[B, g], the last samples of the narrow sound."""
    features: Tensor
    """[B, 1, E], of the last frame."""
    long: Tensor
    """[B, C, h], the half of a long window that waits for the next."""
    short: Tensor
    """[B, C, h / 2], of a short one."""
    windows: int
    """Windows of noise that came before, up to where they come again."""


def initial_wide_state(batch: int, channels: int, narrow_half: int, like: Tensor,
                       bands: Bands) -> WideState:  # fmt: skip
    """Return the state of `batch` sounds at their beginning, with features like `like` [E]."""
    half = bands.half
    return WideState(
        like.new_zeros(batch, narrow_half),
        like.expand(batch, 1, -1),
        like.new_zeros(batch, channels, half),
        like.new_zeros(batch, channels, half // 2),
        0,
    )


def widen(
    narrow: Tensor, features: Tensor, state: WideState, bands: Bands
) -> tuple[Tensor, WideState]:
    """Widen sounds that continue others.

    Args:
        narrow: [B, T·m].
        features: [B, T, E].
        state: after the frames before.
        bands: of the frames.

    Returns:
        [B, C, T·n], which run late by h, and the state after them.
    """
    half, narrow_half = bands.half, state.narrow.shape[-1]
    count = features.shape[1]
    channels = state.long.shape[1]
    spread = spread_of(torch.cat([state.features, features], dim=1)[:, :count], bands)
    narrow = torch.cat([state.narrow, narrow], dim=1)
    mid = resized(windowed(narrow, 2 * narrow_half), half)
    places = (state.windows + torch.arange(HIGH_STEPS * count, device=mid.device)) % NOISE_WINDOWS
    noise = bands.noise[:, places]
    # The level of a bin of noise whose windows overlap by half.
    high = (spread.levels.exp() @ bands.high) * half
    if channels == 1:
        long, short = mid.unsqueeze(1), (high * noise[0]).unsqueeze(1)
    else:
        share = spread.side.clamp_max(MOST_SIDE)
        most = 2 * (share * (1 - share)).sqrt()
        lean = torch.minimum(torch.maximum(spread.balance, -most), most) / (2 * (1 - share))
        width = (share / (1 - share) - lean.square()).clamp_min(0).sqrt()

        def long_bins(values: Tensor) -> Tensor:
            return values.repeat_interleave(2, dim=1) @ bands.stereo

        def short_bins(values: Tensor) -> Tensor:
            return values[..., bands.stereo_of_high].repeat_interleave(HIGH_STEPS, dim=1)

        side = mid * (long_bins(lean) + long_bins(width) * bands.turn)
        high = high * short_bins((1 - share).sqrt())
        high_side = high * (short_bins(lean) * noise[0] + short_bins(width) * noise[1])
        long, short = torch.stack([mid, side], 1), torch.stack([high * noise[0], high_side], 1)
    longs, shorts = overlap_added(long), overlap_added(short)
    longs[..., :half] += state.long
    shorts[..., : half // 2] += state.short
    wide = longs[..., :-half] + shorts[..., : -(half // 2)]
    if channels > 1:
        wide = torch.stack([wide[:, 0] + wide[:, 1], wide[:, 0] - wide[:, 1]], 1)
    return wide, WideState(
        narrow[:, -narrow_half:],
        features[:, -1:],
        longs[..., -half:],
        shorts[..., -(half // 2) :],
        (state.windows + HIGH_STEPS * count) % NOISE_WINDOWS,
    )
