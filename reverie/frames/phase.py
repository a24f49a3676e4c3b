"""Finds phases for magnitudes: a guess from their slopes, then steps of fast Griffin-Lim.

The guess is phase-gradient integration (Průša, Balazs & Søndergaard 2017; in real time Průša &
Søndergaard 2016) without its heap: each bin goes on from the frame before if that bin stands out,
and is otherwise led along the frequencies from the nearest one that does. Fast Griffin-Lim is
Perraudin, Balazs & Søndergaard 2013.
Letters: B batch, N frames of the short-time Fourier transform, F bins, h hop.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from reverie.frames.spectra import OVERLAP, overlap_add, stft

HANN_GAMMA = 0.25645
"""A Hann window is closest to a Gaussian of this over W squared (Průša et al. 2017)."""
ITERATIONS = 8
MOMENTUM = 0.99
SMALLEST = 1e-8
"""Magnitudes below this are not divided by."""


def first_phases(logs: Tensor, logs_before: Tensor, phase_before: Tensor) -> Tensor:
    """Continue the phases of one frame by the slopes of the magnitudes.

    Args:
        logs: [B, N, F], natural logarithms of magnitudes.
        logs_before: [B, F], of the frame before.
        phase_before: [B, F], its phases.

    Returns:
        [B, N, F], in radians, not wrapped.
    """
    bins = logs.shape[-1]
    ratio = OVERLAP * HANN_GAMMA  # gamma / (h W)
    every = torch.cat([logs_before.unsqueeze(1), logs], dim=1)
    places = torch.arange(bins, device=logs.device)
    # How the phase moves from frame to frame, and from bin to bin.
    along = functional.pad(every[..., 2:] - every[..., :-2], (1, 1)) / (2 * ratio)
    along = along + 2 * math.pi / OVERLAP * (places % OVERLAP)
    across = torch.zeros_like(every)
    across[:, 1:-1] = (every[:, 2:] - every[:, :-2]) * (-ratio / 2)
    across = across - math.pi
    climbed = functional.pad((across[..., 1:] + across[..., :-1]).cumsum(-1) / 2, (1, 0))
    moved = (along[:, 1:] + along[:, :-1]) / 2
    source = _sources(every)
    # What a phase gains on its way, so that the way itself is two operations a frame.
    gained = climbed[:, 1:] + (moved - climbed[:, 1:]).gather(-1, source)
    phase = phase_before
    phases: list[Tensor] = []
    for where, gain in zip(source.unbind(1), gained.unbind(1), strict=True):
        phase = phase.gather(-1, where) + gain
        phases.append(phase)
    return torch.stack(phases, dim=1)


def refine(
    magnitudes: Tensor, spectrum: Tensor, prefix: Tensor, iterations: int = ITERATIONS
) -> Tensor:
    """Find samples whose magnitudes come near to those wanted.

    Args:
        magnitudes: [B, N, F].
        spectrum: complex [B, N, F], the guess to begin at.
        prefix: [B, 3·h], samples that the first frames share with what came before; they stay.
        iterations: how many of fast Griffin-Lim.

    Returns:
        [B, (N + 3)·h], the first 3·h of which are `prefix`.
    """
    # One goes over its arrays again and again: those of a clip fit a cache.
    clips = [slice(at, at + 1) for at in range(len(magnitudes))]
    return torch.cat(
        [_refined(magnitudes[one], spectrum[one], prefix[one], iterations) for one in clips]
    )


def _refined(magnitudes: Tensor, spectrum: Tensor, prefix: Tensor, iterations: int) -> Tensor:
    """`refine` of one clip."""
    fixed = prefix.shape[-1]
    window_samples = 2 * (spectrum.shape[-1] - 1)
    before: Tensor | None = None
    for _ in range(iterations):
        samples = overlap_add(spectrum)
        samples[:, :fixed] = prefix
        # Complex numbers as pairs: torch is slow to interpolate and to measure them.
        found = torch.view_as_real(stft(samples, window_samples))
        pushed = found if before is None else torch.lerp(before, found, 1 + MOMENTUM)
        before = found
        squares = pushed.square()
        power = (squares[..., 0] + squares[..., 1]).clamp_min_(SMALLEST**2)
        spectrum = torch.view_as_complex(pushed) * power.rsqrt_().mul_(magnitudes)
    samples = overlap_add(spectrum)
    samples[:, :fixed] = prefix
    return samples


def _sources(every: Tensor) -> Tensor:
    """Return the bin whose phase leads to that of each bin: logs [B, N + 1, F] -> [B, N, F]."""
    before, now = every[:, :-1], every[:, 1:]
    bins = every.shape[-1]
    low = functional.pad(now[..., :-1], (1, 0), value=-math.inf)
    high = functional.pad(now[..., 1:], (0, 1), value=-math.inf)
    louder = torch.maximum(low, high)
    # Those that were louder a frame ago than their neighbours are now, and peaks.
    own = (before >= louder) | (now >= louder)
    places = torch.arange(bins, device=every.device)
    below = torch.where(own, places, -1).cummax(-1).values
    above = bins - 1 - torch.where(own, bins - 1 - places, -1).flip(-1).cummax(-1).values.flip(-1)
    above = above.clamp_max(bins - 1)
    known = below >= 0
    at_below = now.gather(-1, below.clamp_min(0))
    from_below = known & (at_below >= now.gather(-1, above))
    return torch.where(from_below, below, above)
