"""Sound from magnitudes, as `frames/phase.py` makes it, one frame at a time.

Letters: B signals, F bins, h hop, W = 4·h the window, and 2 windows in a frame of n = 2·h samples.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from reverie.export.plain.spectra import cut, make_windows, overlap_add
from reverie.frames.log_spectrum import FLOOR, QUIETEST
from reverie.frames.phase import HANN_GAMMA, ITERATIONS, MOMENTUM
from reverie.frames.phase import SMALLEST as SMALLEST_MAGNITUDE
from reverie.frames.spectra import OVERLAP, hann
from reverie.frames.spectra import SMALLEST as SMALLEST_SQUARES

STACKED = 2
"""Windows in a frame."""


class PhaseSynthesis(nn.Module):
    """The samples of a frame from its log magnitudes, and from the samples before.

    Args:
        hop_samples: n.
        by_matrix: transform by a matrix.
    """

    def __init__(self, hop_samples: int, by_matrix: bool) -> None:
        super().__init__()
        size = 2 * hop_samples
        self.hop, self.bins = size // OVERLAP, hop_samples + 1
        self.overlap: int = OVERLAP
        self.fixed = (OVERLAP - 1) * self.hop
        self.full_scale = size / 4
        self.floor: float = FLOOR
        self.quietest: float = QUIETEST
        self.momentum: float = MOMENTUM
        self.smallest: float = SMALLEST_MAGNITUDE**2
        self.iterations: int = ITERATIONS
        self.ratio = OVERLAP * HANN_GAMMA
        window = hann(size, torch.float32, torch.device("cpu")).clone()
        self.windows: Any = make_windows(window, by_matrix)
        squares = window.square().expand(1, STACKED + OVERLAP - 1, -1)
        places = torch.arange(self.bins)
        self.squares: Tensor
        self.places: Tensor
        self.turns: Tensor
        whole = overlap_add(squares, self.hop, OVERLAP).clamp_min(SMALLEST_SQUARES)
        self.register_buffer("squares", whole)
        self.register_buffer("places", places)
        self.register_buffer("turns", 2 * math.pi / OVERLAP * (places % OVERLAP).float())

    def forward(
        self, logs: Tensor, recent: Tensor, before: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Continue signals by a frame.

        Args:
            logs: [B, 2, F], of its windows.
            recent: [B, 6·h], the newest samples.
            before: [B, 3, F], the magnitudes over the newest of them.

        Returns:
            samples [B, n], which run late by 3·h, and both states after it.
        """
        spectrum = self.windows(cut(recent, self.hop, self.overlap))
        last = spectrum[:, -1]
        real, imag = last[:, 0], last[:, 1]
        # No phase has no angle; what runs elsewhere would divide zero by zero.
        silent = (real == 0) & (imag == 0)
        angle = torch.atan2(imag, torch.where(silent, torch.ones_like(real), real))
        quiet = (before[:, -1] / self.full_scale).clamp_min(self.floor).log()
        phases = self.first_phases(logs, quiet, angle)
        new = logs.exp() * self.full_scale
        new = torch.where(logs > self.quietest, new, torch.zeros_like(new))
        magnitudes = torch.cat([before, new], dim=1)
        guess = torch.stack([new * phases.cos(), new * phases.sin()], dim=-2)
        samples = self.refine(
            magnitudes.unsqueeze(2), torch.cat([spectrum, guess], dim=1), recent[:, : self.fixed]
        )
        made = samples[:, self.fixed : -self.fixed]
        return made, samples[:, -2 * self.fixed :], magnitudes[:, 1 - self.overlap :]

    def first_phases(self, logs: Tensor, logs_before: Tensor, phase_before: Tensor) -> Tensor:
        """Continue phases by the slopes of the magnitudes: [B, 2, F], [B, F], [B, F] ->
        [B, 2, F]."""
        window_logs = torch.cat([logs_before.unsqueeze(1), logs], dim=1)
        along = nn.functional.pad(window_logs[..., 2:] - window_logs[..., :-2], (1, 1)) / (
            2 * self.ratio
        )
        along = along + self.turns
        across = (window_logs[:, 2:] - window_logs[:, :-2]) * (-self.ratio / 2)
        across = nn.functional.pad(across, (0, 0, 1, 1)) - math.pi
        climbed = nn.functional.pad((across[..., 1:] + across[..., :-1]).cumsum(-1) / 2, (1, 0))
        moved = (along[:, 1:] + along[:, :-1]) / 2
        source = self.sources(window_logs)
        gained = climbed[:, 1:] + (moved - climbed[:, 1:]).gather(-1, source)
        first = phase_before.gather(-1, source[:, 0]) + gained[:, 0]
        second = first.gather(-1, source[:, 1]) + gained[:, 1]
        return torch.stack([first, second], dim=1)

    def sources(self, window_logs: Tensor) -> Tensor:
        """Return the bin whose phase leads to that of each bin: [B, 3, F] -> [B, 2, F]."""
        before, now = window_logs[:, :-1], window_logs[:, 1:]
        low = nn.functional.pad(now[..., :-1], (1, 0), value=-math.inf)
        high = nn.functional.pad(now[..., 1:], (0, 1), value=-math.inf)
        louder = torch.maximum(low, high)
        own = (before >= louder) | (now >= louder)
        places = self.places.expand_as(own)
        below = torch.where(own, places, torch.full_like(places, -1))
        above = torch.where(own, places, torch.full_like(places, self.bins))
        shift = 1
        while shift < self.bins:
            earlier = nn.functional.pad(below[..., :-shift], (shift, 0), value=-1.0)
            below = torch.maximum(below, earlier)
            later = nn.functional.pad(above[..., shift:], (0, shift), value=float(self.bins))
            above = torch.minimum(above, later)
            shift *= 2
        above = above.clamp(max=self.bins - 1)
        at_below = now.gather(-1, below.clamp(min=0))
        from_below = (below >= 0) & (at_below >= now.gather(-1, above))
        return torch.where(from_below, below, above)

    def refine(self, magnitudes: Tensor, spectrum: Tensor, prefix: Tensor) -> Tensor:
        """Find samples of magnitudes [B, 5, 1, F], from a guess [B, 5, 2, F] and the samples before
        [B, 3·h]: [B, 8·h]."""
        samples = self.samples_of(spectrum, prefix)
        before = torch.zeros_like(spectrum)
        for number in range(self.iterations):
            found = self.windows(cut(samples, self.hop, self.overlap))
            pushed = found
            if number > 0:
                pushed = found + self.momentum * (found - before)
            before = found
            power = pushed.square().sum(2, keepdim=True).clamp_min(self.smallest)
            samples = self.samples_of(pushed * (power.rsqrt() * magnitudes), prefix)
        return samples

    def samples_of(self, spectrum: Tensor, prefix: Tensor) -> Tensor:
        """Return the samples of a spectrum [B, 5, 2, F] that begin with `prefix`: [B, 8·h]."""
        blocks = self.windows.inverse(spectrum)
        samples = overlap_add(blocks, self.hop, self.overlap) / self.squares
        return torch.cat([prefix, samples[:, self.fixed :]], dim=1)
