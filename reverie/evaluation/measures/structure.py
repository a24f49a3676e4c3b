"""Measure a clip's structure in time: recurring harmony, pulse and spectral flux.

Letters: S samples, C columns of a spectrogram, N bands.
"""

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from reverie.audio.stft import Spectra, power_of, stft
from reverie.evaluation.measures.mel import HOP_SAMPLES, RATE_HZ, mel_power

CHROMA_SAMPLES = 4096
LOWEST_HZ, HIGHEST_HZ = 60.0, 2000.0
APART_SECONDS = 2.0
PULSE_SECONDS = (0.2, 2.0)
BANDS = 40
FLOOR_BELOW_LOUDEST_DB = 60.0
FLOOR_SAMPLES, LEAST_FLOOR_DB = 1024, -120.0
STEP_COLUMNS = 2
"""Spectral flux is measured over this many columns, 32 ms."""


@dataclass(frozen=True)
class Structure:
    """Figures of one clip."""

    tonal_similarity: float
    """Mean similarity of the harmony to that at least two seconds away: 1 is one held chord."""
    pulse: float
    """Largest autocorrelation of the onsets at delays of 0.2 to 2 s: 1 is a metronome."""
    spectral_flux_db: float
    """Mean change of the spectrum over 32 ms."""
    onset_asymmetry: float
    """Energy of rising minus falling changes over 32 ms, as a share of both. Struck instruments
    rise at once and decay slowly; shuffled or reversed sound does not."""
    floor_db: float
    """Level of the quietest twentieth of the spectrum relative to the whole, which is what lies
    between the tones. Hiss and coarse quantisation raise it; at least -120, and 0 for silence."""


def structure(wave: NDArray[np.float32]) -> Structure:
    """Measure samples [S] at 16 kHz, at least a second."""
    power = mel_power(wave, BANDS)
    decibels = 10 * np.log10(np.maximum(power, 1e-12))
    decibels = np.maximum(decibels, decibels.max() - FLOOR_BELOW_LOUDEST_DB)
    change = decibels[STEP_COLUMNS:] - decibels[:-STEP_COLUMNS]
    louder, softer = np.maximum(change, 0), np.maximum(-change, 0)
    # Squares weight sudden changes more than slow ones.
    rise, fall = float((louder**2).sum()), float((softer**2).sum())
    return Structure(
        tonal_similarity=_tonal_similarity(wave),
        pulse=_pulse(louder.mean(axis=1)),
        spectral_flux_db=float(np.abs(change).mean()),
        onset_asymmetry=(rise - fall) / (rise + fall) if rise + fall else 0.0,
        floor_db=_floor_db(wave),
    )


def chroma(wave: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the power of the twelve pitch classes, from C, of samples [S] at 16 kHz: [C, 12].

    There is a column every 128 ms, scaled to length 1; silent columns are 0.
    """
    if len(wave) < CHROMA_SAMPLES:
        wave = np.pad(wave, (0, CHROMA_SAMPLES - len(wave)))
    spectra = _spectra(wave, np.hanning(CHROMA_SAMPLES))
    hertz = np.fft.rfftfreq(CHROMA_SAMPLES, 1 / RATE_HZ)
    used = (hertz >= LOWEST_HZ) & (hertz <= HIGHEST_HZ)
    classes = np.round(12 * np.log2(hertz[used] / 440) + 9).astype(int) % 12
    folding = (classes[:, None] == np.arange(12)).astype(np.float64)
    power = np.abs(spectra[:, used]).astype(np.float64) @ folding
    return power / np.maximum(np.linalg.norm(power, axis=1, keepdims=True), 1e-9)


def _spectra(wave: NDArray[np.float32], window: NDArray[np.float64]) -> Spectra:
    """Compute spectra of windows that overlap by half: [S] -> [C, F]."""
    return stft(wave, window.astype(np.float32), len(window) // 2, single=True)


def _floor_db(wave: NDArray[np.float32]) -> float:
    # Its side lobes lie far below the floor, unlike those of a Hann window.
    spectra = _spectra(wave, np.blackman(FLOOR_SAMPLES))
    power = power_of(spectra)
    whole = float(power.sum(axis=1).mean())
    if not whole:
        return 0.0
    return max(10 * float(np.log10(np.quantile(power, 0.05) / whole + 1e-30)), LEAST_FLOOR_DB)


def _tonal_similarity(wave: NDArray[np.float32]) -> float:
    columns = chroma(wave)
    apart = round(APART_SECONDS * 2 * RATE_HZ / CHROMA_SAMPLES)
    if len(columns) <= apart:
        return 0.0
    likeness = columns @ columns.T
    return float(likeness[np.triu_indices(len(columns), apart)].mean())


def _pulse(onsets: NDArray[np.float32]) -> float:
    onsets = onsets - onsets.mean()
    energy = float(onsets @ onsets)
    first, last = (round(pulse_second * RATE_HZ / HOP_SAMPLES) for pulse_second in PULSE_SECONDS)
    last = min(last, len(onsets) // 2)
    if not energy or last <= first:
        return 0.0
    size = 2 * len(onsets)
    spectrum = scipy.fft.rfft(onsets, size)
    products = scipy.fft.irfft(spectrum * np.conj(spectrum), size)[first:last]
    # At longer delays fewer columns overlap.
    share = 1 - np.arange(first, last) / len(onsets)
    return float((products / energy / share).max())
