"""The short-time Fourier transform that all spectra over time use.

numpy always transforms in double precision. scipy transforms single precision two to four times as
fast, but its import takes as long as a short recording, so callers that must start quickly avoid
it.
Letters: S samples, W samples of a window, C columns, F bins: W // 2 + 1.
"""

from typing import Any, Protocol

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32

Spectra = NDArray[np.complexfloating[Any, Any]]


class Wave(Protocol):
    """Mono samples [S] read in spans: an array, a memory map or a file."""

    def __len__(self) -> int: ...

    def __getitem__(self, span: slice, /) -> NDArray[Any]: ...


def stft(
    samples: NDArray[np.floating[Any]],
    window: NDArray[np.floating[Any]],
    hop_samples: int,
    *,
    centred: bool = False,
    single: bool = False,
) -> Spectra:
    """Transform windows of samples [S] to [C, F].

    Args:
        samples: if there are fewer than W, C is 0.
        window: [W].
        hop_samples: hop length.
        centred: put the middle of column c at sample c * `hop_samples` and reflect the ends; S must
            exceed W / 2. Otherwise the window begins there, and none extends past the end.
        single: see `spectra_of`.
    """
    if centred:
        samples = np.pad(samples, len(window) // 2, mode="reflect")
    return spectra_of(frames_of(samples, len(window), hop_samples), window, single=single)


def spectra_of(
    frames: NDArray[np.floating[Any]], window: NDArray[np.floating[Any]], *, single: bool = False
) -> Spectra:
    """Transform frames [..., W], each times `window` [W], to [..., F].

    Args:
        frames: the product of frames and window determines the result's type.
        window: [W].
        single: transform float32 in single precision with scipy: faster, with other rounding.
    """
    if single:
        import scipy.fft  # noqa: PLC0415 - see above

        return scipy.fft.rfft(frames * window, axis=-1)
    return np.fft.rfft(frames * window, axis=-1)


def power_of(spectra: Spectra) -> NDArray[np.floating[Any]]:
    """Return the squared magnitudes of spectra [...]."""
    return spectra.real**2 + spectra.imag**2


def hann(window_samples: int) -> NDArray[np.float32]:
    """Return a periodic Hann window [W]: copies shifted by W / 2 add up to 1."""
    return np.hanning(window_samples + 1)[:-1].astype(np.float32)


def window_samples(rate_hz: int, seconds: float) -> int:
    """Return the power of two nearest to `seconds` in samples."""
    return 1 << round(float(np.log2(rate_hz * seconds)))


def frames_of(
    samples: NDArray[np.floating[Any]], window_samples: int, hop_samples: int
) -> NDArray[Any]:
    """Return a read-only view [C, W] of samples [S]: whole frames, `hop_samples` apart."""
    count = max((len(samples) - window_samples) // hop_samples + 1, 0)
    (step,) = samples.strides
    shape, strides = (count, window_samples), (hop_samples * step, step)
    return as_strided(samples, shape, strides, writeable=False)


def frames_at(samples: Wave, starts: NDArray[np.int64], window_samples: int) -> NDArray[np.float32]:
    """Return frames [C, W] of samples [S] that begin at `starts` [C]; zeros beyond the ends."""
    frames = np.zeros((len(starts), window_samples), np.float32)
    for frame, start in zip(frames, starts, strict=True):
        begin, end = max(int(start), 0), min(int(start) + window_samples, len(samples))
        if begin < end:
            frame[begin - start : end - start] = to_float32(samples[begin:end])
    return frames


class FrameStream:
    """Cut a stream of samples, which arrives in pieces of any length, into overlapping frames.

    Args:
        window_samples: W.
        hop_samples: hop length, at most W.
        from_silence: begin the first frame with `window_samples - hop_samples` of silence, or else
            with the first sample.
    """

    def __init__(self, window_samples: int, hop_samples: int, *, from_silence: bool = True) -> None:
        self._window_samples, self._hop_samples = window_samples, hop_samples
        before = window_samples - hop_samples if from_silence else 0
        self._waiting = np.zeros(before, np.float32)

    def add(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Add samples [S] and return the frames [C, W] that they complete."""
        joined = np.concatenate([self._waiting, samples])
        frames = frames_of(joined, self._window_samples, self._hop_samples)
        self._waiting = joined[len(frames) * self._hop_samples :]
        return frames
