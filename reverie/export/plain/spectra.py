"""Windows over time and their transforms, by an FFT or by a matrix.

ONNX knows no complex numbers, and its runtimes no fast transform of any length: there a transform
is a product with a matrix. Spectra are [B, N, 2, F], real and imaginary part.
Letters: B batch, N windows, W samples of one, F bins, o windows over each sample, h = W / o.
"""

# torch leaves its discrete transforms without types, and TorchScript knows no others.
# pyright: basic
import torch
from torch import Tensor, nn


def cut(samples: Tensor, hop: int, overlap: int) -> Tensor:
    """Cut windows: [B, (N + o - 1)·h] -> [B, N, W]."""
    parts = samples.reshape(samples.shape[0], -1, hop)
    count = parts.shape[1] - overlap + 1
    return torch.cat([parts[:, place : place + count] for place in range(overlap)], dim=-1)


def overlap_add(blocks: Tensor, hop: int, overlap: int) -> Tensor:
    """Overlap and add windows: [B, N, W] -> [B, (N + o - 1)·h]."""
    parts = blocks.reshape(blocks.shape[0], blocks.shape[1], overlap, hop)
    total = nn.functional.pad(parts[:, :, 0], (0, 0, 0, overlap - 1))
    for place in range(1, overlap):
        total = total + nn.functional.pad(parts[:, :, place], (0, 0, place, overlap - 1 - place))
    return total.flatten(1)


class FftWindows(nn.Module):
    """Transform windows by an FFT.

    Args:
        window: [W].
    """

    def __init__(self, window: Tensor) -> None:
        super().__init__()
        self.size = len(window)
        self.window: Tensor
        self.register_buffer("window", window)

    def forward(self, blocks: Tensor) -> Tensor:
        """[B, N, W] -> [B, N, 2, F]."""
        spectrum = torch.fft.rfft(blocks * self.window)
        return torch.stack([spectrum.real, spectrum.imag], dim=-2)

    def inverse(self, spectrum: Tensor) -> Tensor:
        """Invert, and window again: [B, N, 2, F] -> [B, N, W]."""
        parts = torch.complex(spectrum[..., 0, :], spectrum[..., 1, :])
        return torch.fft.irfft(parts, n=self.size) * self.window


class MatrixWindows(nn.Module):
    """Transform windows by a product with a matrix.

    Args:
        window: [W].
    """

    def __init__(self, window: Tensor) -> None:
        super().__init__()
        size = len(window)
        self.bins = size // 2 + 1
        rows = torch.fft.rfft(torch.diag(window.double()))
        unit = torch.eye(self.bins, dtype=torch.complex128)
        back = torch.fft.irfft(torch.cat([unit, 1j * unit]), n=size) * window.double()
        self.analysis: Tensor
        self.synthesis: Tensor
        self.register_buffer("analysis", torch.cat([rows.real, rows.imag], dim=-1).float())
        self.register_buffer("synthesis", back.float())

    def forward(self, blocks: Tensor) -> Tensor:
        """[B, N, W] -> [B, N, 2, F]."""
        both = blocks @ self.analysis
        return both.reshape(both.shape[0], both.shape[1], 2, self.bins)

    def inverse(self, spectrum: Tensor) -> Tensor:
        """Invert, and window again: [B, N, 2, F] -> [B, N, W]."""
        return spectrum.flatten(2) @ self.synthesis


def make_windows(window: Tensor, by_matrix: bool) -> nn.Module:
    """Return the transform of a window [W]."""
    return MatrixWindows(window) if by_matrix else FftWindows(window)
