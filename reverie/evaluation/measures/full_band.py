"""Measure all that a clip has at its own rate: third octaves up to its highest, and both channels.

The other measures take the mono mix, most of them at 16 kHz. Powers are added up column by column
while a clip is read, so that memory does not grow with it, and any part can be measured afterwards.
Letters: C channels, S samples, F bins, N columns, B third octaves.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32
from reverie.audio.stft import FrameStream, hann, power_of, spectra_of, window_samples

WINDOW_SECONDS = 0.09
LOWEST_HZ = 40.0
"""What lies below is not looked at, so that an offset of the samples is neither level nor width."""
SPLIT_HZ = 8000.0
"""Levels of third octaves are relative to all that lies below."""
QUIETEST = 1e-12
"""Mean square below which a sound is silent, 120 dB under full scale."""
LEAST_DB = -100.0
"""Level that is reported for third octaves with less in them."""
PIECE_SAMPLES = 1 << 16

_BELOW, _LEFT, _RIGHT, _CROSS, _FIRST_BAND = range(5)


def _third_octaves() -> dict[str, tuple[float, float]]:
    """Return the edges in Hz of third octaves by nominal centre, 63 Hz to 20 kHz (IEC 61260)."""
    nominal = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)
    bands: dict[str, tuple[float, float]] = {}
    for number in range(18, 44):
        centre_hz = nominal[number % 10] * 10 ** (number // 10)
        title = f"{centre_hz:g} Hz" if centre_hz < 1000 else f"{centre_hz / 1000:g} kHz"
        bands[title] = 10 ** ((number - 0.5) / 10), 10 ** ((number + 0.5) / 10)
    return bands


THIRD_OCTAVES = _third_octaves()
"""Edges in Hz of each third octave, from low to high, by its nominal centre."""
HIGH_THIRD_OCTAVES = tuple(title for title, (low, _) in THIRD_OCTAVES.items() if low >= SPLIT_HZ)
"""Those above 8 kHz, which no other measure sees."""


@dataclass(frozen=True)
class FullBand:
    """Figures of one clip at its full rate and with both channels.

    They are None where nothing can be said.
    """

    third_octave_db: dict[str, float]
    """Level of each third octave that lies whole below the Nyquist frequency, relative to the level
    below 8 kHz, of the channels' mean power; empty for a silent clip."""
    width: float | None
    """Share of the side (L - R) / 2 in all power: 0 is mono, 1 is one channel turned round."""
    correlation: float | None
    """Between left and right: 1 is mono, 0 two unlike sounds, -1 one channel turned round."""
    stereo_drift: float | None
    """How far the width of the last third is from that of the first."""


@dataclass(frozen=True)
class FullBandPowers:
    """Powers of a clip, from which `full_band` makes its figures.

    Columns are two hops long, about 90 ms, and overlap by half.
    """

    titles: tuple[str, ...]
    """The third octaves, B, see `THIRD_OCTAVES`."""
    stereo: bool
    """Whether width and correlation are looked at."""
    hop_samples: int
    columns: NDArray[np.float64]
    """[N, 4 + B], mean squares: below 8 kHz and in each third octave, both of the channels' mean
    power; of left, of right, and of their product."""

    def part(self, start: int, end: int) -> "FullBandPowers":
        """Return those of samples `start` to `end`, from the columns that lie whole within."""
        first, last = -(-start // self.hop_samples), end // self.hop_samples - 1
        return replace(self, columns=self.columns[first : max(first, last)])


class FullBandMeter:
    """Measure the powers of a clip, which arrives in pieces of any length.

    Args:
        rate_hz: of the clip.
        channels: that are looked at; with 2 a mono clip is on both sides.
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        size = window_samples(rate_hz, WINDOW_SECONDS)
        hertz = np.fft.rfftfreq(size, 1 / rate_hz)
        bands = third_octaves_below(rate_hz / 2)
        edges = [(LOWEST_HZ, SPLIT_HZ), *bands.values()]
        self._window = hann(size)
        self._first = int(np.searchsorted(hertz, LOWEST_HZ))
        used = hertz[self._first :]
        self._bands = np.array([(used >= low) & (used < high) for low, high in edges], float).T
        # By Parseval's theorem; one half of the spectrum stands for both.
        self._scale = 2 / (size * float(np.sum(np.square(self._window, dtype=np.float64))))
        self._titles, self._stereo, self._size = tuple(bands), channels > 1, size
        self._streams: tuple[FrameStream, ...] = ()
        self._columns: list[NDArray[np.float64]] = []

    def add(self, samples: NDArray[np.float32]) -> None:
        """Add samples [C, any]; C is 1 or 2, and always the same."""
        if not self._streams:
            # What begins abruptly has a spectrum of its own: no column reaches beyond the clip.
            self._streams = tuple(
                FrameStream(self._size, self._size // 2, from_silence=False) for _ in samples
            )
        frames = [stream.add(one) for stream, one in zip(self._streams, samples, strict=True)]
        spectra = [spectra_of(one, self._window)[:, self._first :] for one in frames]
        left, right = spectra[0], spectra[-1]
        powers = [power_of(one).astype(np.float64) for one in (left, right)]
        cross = (left.real * right.real + left.imag * right.imag).astype(np.float64)
        in_bands = (powers[0] + powers[1]) / 2 @ self._bands
        whole = np.stack([one.sum(axis=1) for one in (*powers, cross)], axis=1)
        found = np.concatenate([in_bands[:, :1], whole, in_bands[:, 1:]], axis=1)
        self._columns.append(found * self._scale)

    def powers(self) -> FullBandPowers:
        """Return the powers of all that was added."""
        none = np.empty((0, _FIRST_BAND + len(self._titles)))
        columns = np.concatenate([none, *self._columns])
        return FullBandPowers(self._titles, self._stereo, self._size // 2, columns)


def third_octaves_below(highest_hz: float) -> dict[str, tuple[float, float]]:
    """Return those of `THIRD_OCTAVES` that lie whole below `highest_hz`."""
    return {title: band for title, band in THIRD_OCTAVES.items() if band[1] <= highest_hz}


def full_band_meter(rate_hz: int, channels: int) -> FullBandMeter | None:
    """Return a meter for clips of a corpus; None if the other measures see all that it has.

    Args:
        rate_hz: of the corpus.
        channels: of the corpus.
    """
    high = set(HIGH_THIRD_OCTAVES) & set(third_octaves_below(rate_hz / 2))
    return FullBandMeter(rate_hz, channels) if channels > 1 or high else None


def full_band_powers(samples: NDArray[Any], rate_hz: int, channels: int) -> FullBandPowers | None:
    """Return the powers of samples [C, S], floats or int16, which are read piece by piece.

    None where `full_band_meter` is.
    """
    meter = full_band_meter(rate_hz, channels)
    if meter is None:
        return None
    for start in range(0, samples.shape[1], PIECE_SAMPLES):
        meter.add(to_float32(samples[:, start : start + PIECE_SAMPLES]))
    return meter.powers()


def full_band(powers: FullBandPowers) -> FullBand:
    """Return the figures of a clip."""
    columns = powers.columns
    third = len(columns) // 3
    first, last = _width(columns[:third]), _width(columns[len(columns) - third :])
    drift = None if first is None or last is None else abs(last - first)
    return FullBand(
        third_octave_db=_levels(powers),
        width=_width(columns) if powers.stereo else None,
        correlation=_correlation(columns) if powers.stereo else None,
        stereo_drift=drift if powers.stereo else None,
    )


def _levels(powers: FullBandPowers) -> dict[str, float]:
    mean = _mean(powers.columns)
    if mean[_BELOW] <= QUIETEST:
        return {}
    shares = mean[_FIRST_BAND:] / mean[_BELOW]
    decibels = 10 * np.log10(np.maximum(shares, 10 ** (LEAST_DB / 10)))
    return dict(zip(powers.titles, decibels.tolist(), strict=True))


def _width(columns: NDArray[np.float64]) -> float | None:
    """Return S² / (M² + S²) of columns [N, 4 + B]; None for silence."""
    mean = _mean(columns)
    both = float(mean[_LEFT] + mean[_RIGHT])
    if both <= QUIETEST:
        return None
    return float(np.clip(0.5 - mean[_CROSS] / both, 0, 1))


def _correlation(columns: NDArray[np.float64]) -> float | None:
    """Return the correlation of left and right; None if either is silent."""
    mean = _mean(columns)
    if min(mean[_LEFT], mean[_RIGHT]) <= QUIETEST:
        return None
    return float(np.clip(mean[_CROSS] / np.sqrt(mean[_LEFT] * mean[_RIGHT]), -1, 1))


def _mean(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over columns [N, 4 + B]; zeros if there are none."""
    none = np.zeros(columns.shape[1], np.float64)
    return np.asarray(columns.mean(axis=0), np.float64) if len(columns) else none
