"""The bands that describe what codes leave out: how wide they are, and where.

Letters: n samples of a frame, h = n / 2, F bins of a window, N stereo bands, H high bands.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

STEREO_EDGES_HZ = (
    0, 200, 400, 630, 920, 1270, 1720, 2320, 3150, 4400, 6200, 8000, 11300, 16000,
)  # fmt: skip
"""Bands of left and right: two or three of Zwicker's critical bands (1961) each."""
HIGH_PER_OCTAVE = 6
"""Bands above the codes."""
HIGH_STEPS = 4
"""Times in a frame at which each of these is measured."""
TURNS_PER_OCTAVE = 3
TURNS_FROM_HZ = 500.0
"""Bands that are turned one way or the other, to part left from right: narrow enough to be heard as
width, and not so narrow that what is turned lasts longer than a window."""
NOISE_WINDOWS = 512
"""Of noise, which then comes again: four seconds."""
TURN_SEED, NOISE_SEED = 0, 1
"""What else draws from a twister with that of the noise, as pages do, makes the same noise."""


class Bands(NamedTuple):
    """The bands of frames of n samples at a rate."""

    half: int
    """h."""
    stereo: Tensor
    """[N, h + 1], 1 where a bin of a long window belongs to a band, else 0."""
    high: Tensor
    """[H, h // 2 + 1], the same of a short window; H is 0 where the codes reach the highest."""
    stereo_of_high: Tensor
    """[h // 2 + 1], the stereo band of each bin of a short window."""
    turn: Tensor
    """[h + 1], complex: a quarter turn forth or back. What is turned so and added to a sound on one
    side, and taken from it on the other, changes neither's level."""
    noise: Tensor
    """[2, NOISE_WINDOWS, h // 2 + 1], complex, of mean power 1."""

    @property
    def n_high(self) -> int:
        """H."""
        return len(self.high)

    def to(self, device: torch.device | str) -> "Bands":
        """Return the same on `device`."""
        half, *tables = self
        return Bands(half, *(table.to(device) for table in tables))


@lru_cache(maxsize=8)
def make_bands(hop_samples: int, rate_hz: int, fine_hz: float) -> Bands:
    """Make the bands of frames, which nobody changes.

    Args:
        hop_samples: n, a multiple of 4.
        rate_hz: of the samples.
        fine_hz: how far the codes reach.
    """
    half, highest = hop_samples // 2, rate_hz / 2
    turns, noise = (torch.Generator().manual_seed(one) for one in (TURN_SEED, NOISE_SEED))
    long = torch.arange(half + 1) * (rate_hz / (2 * half))
    short = torch.arange(half // 2 + 1) * (rate_hz / half)
    stereo_edges = [float(one) for one in STEREO_EDGES_HZ if one < 0.9 * highest]
    stereo = _members(long, [*stereo_edges, math.inf])
    count = round(HIGH_PER_OCTAVE * math.log2(highest / fine_hz)) if highest > fine_hz else 0
    high_edges = [fine_hz * (highest / fine_hz) ** (one / count) for one in range(count)]
    band = (TURNS_PER_OCTAVE * torch.log2(1 + long / TURNS_FROM_HZ)).long()
    signs = torch.randint(2, (int(band.max()) + 1,), generator=turns) * 2.0 - 1
    shape = (2, NOISE_WINDOWS, len(short))
    return Bands(
        half=half,
        stereo=stereo,
        high=_members(short, [*high_edges, math.inf]) if count else torch.zeros(0, len(short)),
        stereo_of_high=_members(short, [*stereo_edges, math.inf]).argmax(0),
        turn=torch.complex(torch.zeros(len(long)), signs[band]),
        noise=torch.randn(shape, dtype=torch.complex64, generator=noise),
    )


def _members(frequencies: Tensor, edges: list[float]) -> Tensor:
    """1 where a frequency lies from one edge to below the next, else 0: [bands, F]."""
    lower, upper = torch.tensor(edges[:-1]), torch.tensor(edges[1:])
    inside = (frequencies >= lower.unsqueeze(1)) & (frequencies < upper.unsqueeze(1))
    return inside.float()
