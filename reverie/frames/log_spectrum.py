"""Logarithmic magnitudes of the short-time Fourier transform, two of its frames in one.

How loud each frequency is, without the phase, which synthesis makes up (`phase.py`). Letters as in
`contract.py`, and h hop of the transform = n / 2, W its window = 2n, F = n + 1 bins.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from reverie.frames.contract import Frames, FrameSpec
from reverie.frames.phase import first_phases, refine
from reverie.frames.spectra import OVERLAP, stft

STACKED = 2
"""Frames of the transform in one that models see."""
FLOOR = 1e-5
"""Smallest magnitude, a sine of full scale being 1: 100 dB under it."""
QUIETEST = math.log(FLOOR) + 1e-3
"""Logarithms up to here are silence, rounding considered."""


class LogSpectrum(Frames):
    """log |STFT| with a Hann window of 2n samples and a hop of n / 2; D = 2·(n + 1).

    Args:
        hop_samples: n; even.
    """

    def __init__(self, hop_samples: int) -> None:
        self.window_samples = 2 * hop_samples
        self.hop_samples = self.window_samples // OVERLAP
        self.bins = hop_samples + 1
        super().__init__(
            FrameSpec(
                hop_samples,
                width=STACKED * self.bins,
                planes=STACKED,
                overlap_samples=(OVERLAP - 1) * self.hop_samples,
            )
        )

    @property
    def _full_scale(self) -> float:
        return self.window_samples / 4

    def analyse(self, samples: Tensor) -> Tensor:
        """Transform [B, T·n + overlap] to [B, T, 2F], logarithms of shares of full scale."""
        return self.magnitudes(samples).clamp_min_(FLOOR).log_()

    def magnitudes(self, samples: Tensor) -> Tensor:
        """Return magnitudes of [B, T·n + overlap]: [B, T, 2F], shares of full scale."""
        found = stft(samples, self.window_samples).abs().div_(self._full_scale)
        return found.reshape(len(found), -1, self.spec.width)

    def synthesise(self, frames: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Synthesise [B, T·n] from [B, T, 2F]; the state is samples and magnitudes."""
        overlap = self.spec.overlap_samples
        recent = state[:, : 2 * overlap]
        before = state[:, 2 * overlap :].reshape(-1, OVERLAP - 1, self.bins)
        logs = frames.reshape(len(frames), -1, self.bins)
        spectrum = stft(recent, self.window_samples)
        phases = first_phases(
            logs,
            (before[:, -1] / self._full_scale).clamp_min(FLOOR).log(),
            spectrum[:, -1].angle(),
        )
        new = logs.exp() * self._full_scale
        new = torch.where(logs > QUIETEST, new, 0)
        magnitudes = torch.cat([before, new], dim=1)
        guess = torch.cat([spectrum, torch.polar(new, phases)], dim=1)
        samples = refine(magnitudes, guess, recent[:, :overlap])
        kept = [samples[:, -2 * overlap :], magnitudes[:, 1 - OVERLAP :].flatten(1)]
        return samples[:, overlap:-overlap], torch.cat(kept, dim=1)

    def state_after(self, samples: Tensor) -> Tensor:
        """Return the samples themselves, so that what follows continues their phases."""
        needed = 2 * self.spec.overlap_samples
        recent = functional.pad(samples, (max(0, needed - samples.shape[1]), 0))[:, -needed:]
        return torch.cat([recent, stft(recent, self.window_samples).abs().flatten(1)], dim=1)

    def initial_state(self, batch: int, like: Tensor) -> Tensor:
        """Return zeros."""
        size = 2 * self.spec.overlap_samples + (OVERLAP - 1) * self.bins
        return like.new_zeros(batch, size)


def level(logs: Tensor) -> Tensor:
    """Return the logarithm of the root mean square magnitude of frames: [..., 2F] -> [...]."""
    return ((2 * logs).logsumexp(-1) - math.log(logs.shape[-1])) / 2
