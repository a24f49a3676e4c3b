"""Measure loudness by ITU-R BS.1770-4 on a stream of one or two channels.

The two K-weighting filters are applied by overlap-save convolution, which equals the recursive
filters within rounding and does without scipy, whose import takes longer than a recording.
`stft.py` is not used, because the convolution transforms blocks without a window.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.audio.reading.mixing import Samples

STEP_SECONDS = 0.1
"""Energies are stored for each step; a gating block of BS.1770 has four steps."""

RESPONSE_SECONDS = 0.2
"""By then the response of the 38 Hz high-pass has decayed to 1e-18."""


def k_weighting(rate_hz: int, size: int) -> NDArray[np.complex128]:
    """Return the frequency response of BS.1770's K-weighting, [size // 2 + 1], for a real Fourier
    transform of `size` samples at `rate_hz`.

    The filters are pyloudnorm's: a high shelf of +4 dB from 1500 Hz and a high-pass at 38 Hz. The
    formulas of the Audio EQ Cookbook give them for any rate.
    """
    delay = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    powers = np.stack([np.ones_like(delay), delay, delay**2])

    gain, angle = 10 ** (4.0 / 40), 2 * math.pi * 1500 / rate_hz
    cos, alpha = math.cos(angle), math.sin(angle) / (2 / math.sqrt(2))
    root = 2 * math.sqrt(gain) * alpha
    shelf_over = [
        gain * ((gain + 1) + (gain - 1) * cos + root),
        -2 * gain * ((gain - 1) + (gain + 1) * cos),
        gain * ((gain + 1) + (gain - 1) * cos - root),
    ]
    shelf_under = [
        (gain + 1) - (gain - 1) * cos + root,
        2 * ((gain - 1) - (gain + 1) * cos),
        (gain + 1) - (gain - 1) * cos - root,
    ]
    angle = 2 * math.pi * 38 / rate_hz
    cos, alpha = math.cos(angle), math.sin(angle) / (2 * 0.5)
    pass_over = [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2]
    pass_under = [1 + alpha, -2 * cos, 1 - alpha]

    def response(over: list[float], under: list[float]) -> Any:
        return (np.array(over) @ powers) / (np.array(under) @ powers)

    return response(shelf_over, shelf_under) * response(pass_over, pass_under)


class LoudnessMeter:
    """Measure the integrated loudness of a recording piece by piece.

    The energies of its channels are added, so that two equal channels are 3 dB louder than one.

    Args:
        rate_hz: samples per second.
        channels: C; none of them a surround channel.
    """

    def __init__(self, rate_hz: int, channels: int = 1) -> None:
        self.rate_hz = rate_hz
        self._overlap = 1 << math.ceil(math.log2(RESPONSE_SECONDS * rate_hz))
        size = 4 * self._overlap
        self._response = k_weighting(rate_hz, size).astype(np.complex64)
        # The last `overlap` filtered samples, then the samples still to be filtered.
        self._buffer = np.zeros((channels, size), np.float32)
        self._filled = self._overlap
        self._samples = 0
        self._steps: list[NDArray[np.float64]] = [np.zeros(1)]
        self._first_step = 0

    def add(self, samples: Samples) -> None:
        """Measure the next samples, float32 [C, n]."""
        size = self._buffer.shape[1]
        while samples.shape[1]:
            piece = samples[:, : size - self._filled]
            self._buffer[:, self._filled : self._filled + piece.shape[1]] = piece
            self._filled += piece.shape[1]
            samples = samples[:, piece.shape[1] :]
            if self._filled == size:
                self._filter()

    def step_energies(self) -> NDArray[np.float64]:
        """Return the K-weighted energy (sum of squares) of each step of 0.1 s so far, [steps].

        The last step may be partial. This ends the measurement: nothing may be added afterwards.
        """
        if self._filled > self._overlap:
            self._buffer[:, self._filled :] = 0
            self._filter()
        return np.concatenate(self._steps)

    def integrated(self) -> float | None:
        """Return the gated loudness in LUFS; None for silence or less than 0.4 s."""
        energies = self.step_energies()
        blocks = round(self._samples / self.rate_hz / STEP_SECONDS - 4) + 1
        if self._samples < 4 * STEP_SECONDS * self.rate_hz or blocks < 1:
            return None
        summed = np.concatenate([[0.0], np.cumsum(energies), np.full(4, energies.sum())])
        power = (summed[4 : 4 + blocks] - summed[:blocks]) / (4 * STEP_SECONDS * self.rate_hz)
        return _gated(power)

    def _filter(self) -> None:
        size = self._buffer.shape[1]
        weighted = np.fft.irfft(np.fft.rfft(self._buffer) * self._response, size)
        fresh = weighted[:, self._overlap : self._filled]
        self._count(np.square(fresh, dtype=np.float64).sum(axis=0))
        newest = self._buffer[:, self._filled - self._overlap : self._filled]
        self._buffer[:, : self._overlap] = newest
        self._filled = self._overlap

    def _count(self, squares: NDArray[np.float64]) -> None:
        start, end = self._samples, self._samples + len(squares)
        step = STEP_SECONDS * self.rate_hz
        last = math.ceil(end / step)
        bounds = (np.arange(self._first_step, last + 1) * step).astype(np.int64)
        bounds = bounds[bounds < end]
        sums = np.add.reduceat(squares, np.maximum(bounds - start, 0))
        self._steps[-1][-1] += sums[0]
        self._steps.append(sums[1:].copy()) if len(sums) > 1 else None
        self._first_step = self._first_step + len(sums) - 1
        self._samples = end


def _gated(power: NDArray[np.float64]) -> float | None:
    """Apply BS.1770's two gates to the mean squares of the blocks, [blocks]."""
    with np.errstate(divide="ignore"):
        loudness = -0.691 + 10 * np.log10(power)
    audible = power[loudness >= -70]
    if not len(audible):
        return None
    threshold = -0.691 + 10 * math.log10(float(audible.mean())) - 10
    kept = power[(loudness > threshold) & (loudness > -70)]
    return -0.691 + 10 * math.log10(float(kept.mean())) if len(kept) else None
