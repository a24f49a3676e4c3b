"""torch's discrete Fourier transforms over the last axis, with the types it leaves out."""

from typing import Any, cast

import torch
from torch import Tensor

_untyped = cast(Any, torch.fft)


def fft(x: Tensor) -> Tensor:
    """Complex spectrum, [..., n] -> [..., n]."""
    return _untyped.fft(x)


def ifft(x: Tensor) -> Tensor:
    """Its inverse, [..., n] -> [..., n]."""
    return _untyped.ifft(x)


def rfft(x: Tensor) -> Tensor:
    """The half of it that is not redundant for real `x`, [..., n] -> [..., n // 2 + 1]."""
    return _untyped.rfft(x)


def irfft(x: Tensor, n: int) -> Tensor:
    """Its inverse, [..., n // 2 + 1] -> [..., n]."""
    return _untyped.irfft(x, n=n)
