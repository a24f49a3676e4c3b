"""The paper's frames: the Fourier transform of each block, real and imaginary part side by side.

Kalingeri & Grandhe 2016, section 3.1 (after GRUV, Nayebi & Vitelli 2015): blocks of 0.25 s,
no window, no overlap. Letters as in `contract.py`.
"""

import torch
from torch import Tensor

from reverie.frames.contract import Frames, FrameSpec
from reverie.frames.spectra import fft, ifft, irfft, rfft


class FourierFrames(Frames):
    """The full complex transform of each block, [real ‖ imag], D = 2n.

    Half of it is redundant for real audio (Hermitian symmetry), but a model predicts all of it;
    synthesis takes the real part of the inverse transform, as the paper does.

    Args:
        hop_samples: n, the length of a block.
    """

    def __init__(self, hop_samples: int) -> None:
        super().__init__(FrameSpec(hop_samples, width=2 * hop_samples, planes=2))

    def analyse(self, samples: Tensor) -> Tensor:
        """Transform [B, T·n] to [B, T, 2n], as `numpy.fft.fft` of each block."""
        spectrum = fft(self.blocks(samples))
        return torch.cat([spectrum.real, spectrum.imag], dim=-1)

    def synthesise(self, frames: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Invert: [B, T, 2n] -> [B, T·n]; the state is empty."""
        real, imag = frames.chunk(2, dim=-1)
        blocks = ifft(torch.complex(real, imag)).real
        return blocks.flatten(-2), state


class HalfFourierFrames(Frames):
    """The transform without its redundant half, [real ‖ imag], D = 2·(n // 2 + 1).

    Args:
        hop_samples: n, the length of a block.
    """

    def __init__(self, hop_samples: int) -> None:
        width = 2 * (hop_samples // 2 + 1)
        super().__init__(FrameSpec(hop_samples, width=width, planes=2))

    def analyse(self, samples: Tensor) -> Tensor:
        """Transform [B, T·n] to [B, T, D], as `numpy.fft.rfft` of each block."""
        spectrum = rfft(self.blocks(samples))
        return torch.cat([spectrum.real, spectrum.imag], dim=-1)

    def synthesise(self, frames: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Invert: [B, T, D] -> [B, T·n]; the state is empty."""
        real, imag = frames.chunk(2, dim=-1)
        blocks = irfft(torch.complex(real, imag), n=self.spec.hop_samples)
        return blocks.flatten(-2), state
