"""The modified discrete cosine transform: overlapping real frames with no clicks at their edges.

Princen & Bradley 1986; the fast form folds each windowed block and takes a DCT-IV by one complex
transform of half its length. Letters as in `contract.py`.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor

from reverie.frames.contract import Frames, FrameSpec
from reverie.frames.spectra import fft


class MdctFrames(Frames):
    """Lapped orthogonal transform: sine window of 2n samples, 50 % overlap, D = n.

    Orthonormal, so energies of samples and of coefficients agree.

    Args:
        hop_samples: n, the hop; even.
    """

    def __init__(self, hop_samples: int) -> None:
        super().__init__(FrameSpec(hop_samples, width=hop_samples, overlap_samples=hop_samples))

    def analyse(self, samples: Tensor) -> Tensor:
        """Transform [B, (T + 1)·n] to [B, T, n]."""
        blocks = self.blocks(samples)
        rise, fall = _window(self.spec.hop_samples, samples.dtype, samples.device)
        a, b = (blocks[:, :-1] * rise).chunk(2, dim=-1)
        c, d = (blocks[:, 1:] * fall).chunk(2, dim=-1)
        folded = torch.cat([-c.flip(-1) - d, a - b.flip(-1)], dim=-1)
        return _dct4(folded)

    def synthesise(self, frames: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Overlap and add: [B, T, n] and state [B, n] -> [B, T·n] and state [B, n]."""
        rise, fall = _window(self.spec.hop_samples, frames.dtype, frames.device)
        front, back = _dct4(frames).chunk(2, dim=-1)
        first = torch.cat([back, -back.flip(-1)], dim=-1) * rise
        second = torch.cat([-front.flip(-1), -front], dim=-1) * fall
        earlier = torch.cat([state.unsqueeze(1), second[:, :-1]], dim=1)
        return (first + earlier).flatten(-2), second[:, -1]


@lru_cache(maxsize=16)
def _window(n: int, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    angle = (torch.arange(n, dtype=torch.float64) + 0.5) * (math.pi / (2 * n))
    return angle.sin().to(device, dtype), angle.cos().to(device, dtype)


@lru_cache(maxsize=16)
def _twiddle(n: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    angle = (torch.arange(n // 2, dtype=torch.float64) + 0.125) * (-math.pi / n)
    complex_dtype = torch.complex128 if dtype == torch.float64 else torch.complex64
    return torch.polar(torch.ones_like(angle), angle).to(device, complex_dtype)


def _dct4(x: Tensor) -> Tensor:
    """Apply the orthonormal DCT-IV, its own inverse, to the last axis: [..., n] -> [..., n]."""
    n = x.shape[-1]
    twiddle = _twiddle(n, x.dtype, x.device)
    folded = torch.complex(x[..., 0::2], x.flip(-1)[..., 0::2])
    spectrum = fft(folded * twiddle) * twiddle * math.sqrt(2 / n)
    return torch.stack([spectrum.real, -spectrum.imag.flip(-1)], dim=-1).flatten(-2)
