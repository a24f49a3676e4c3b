"""What can be done to music, for the self-tests of the measures.

Each takes and gives float samples [S] (or another number where it says so).
"""

from collections.abc import Callable

import numpy as np
import scipy.signal
import soxr
from numpy.typing import NDArray

Wave = NDArray[np.float32]
Damage = Callable[[Wave, int, np.random.Generator], Wave]
"""Of samples, their rate in Hz, and a source of draws."""

STRETCH_SAMPLES = 1024


def noise(snr_db: float) -> Damage:
    """White noise so many decibels below the sound."""

    def add(wave: Wave, rate_hz: int, rng: np.random.Generator) -> Wave:  # noqa: ARG001
        rms = float(np.sqrt(np.mean(wave**2))) * 10 ** (-snr_db / 20)
        return (wave + rms * rng.standard_normal(len(wave))).astype(np.float32)

    return add


def low_pass(highest_hz: float) -> Damage:
    """Nothing above `highest_hz`; of a rate that has nothing there, the sound as it is."""

    def cut(wave: Wave, rate_hz: int, rng: np.random.Generator) -> Wave:  # noqa: ARG001
        if highest_hz >= rate_hz / 2:
            return wave
        sections = scipy.signal.butter(8, highest_hz, fs=rate_hz, output="sos")
        return scipy.signal.sosfiltfilt(sections, wave).astype(np.float32)

    return cut


def mu_law(wave: Wave, rate_hz: int, rng: np.random.Generator) -> Wave:  # noqa: ARG001
    """Eight bits a sample by ITU G.711's curve."""
    held = np.clip(wave, -1, 1)
    folded = np.sign(held) * np.log1p(255 * np.abs(held)) / np.log(256)
    coarse = np.rint(folded * 127) / 127
    return (np.sign(coarse) * (256 ** np.abs(coarse) - 1) / 255).astype(np.float32)


def shuffle(piece_seconds: float) -> Damage:
    """Pieces in another order."""

    def mix(wave: Wave, rate_hz: int, rng: np.random.Generator) -> Wave:
        size = round(piece_seconds * rate_hz)
        count = len(wave) // size
        pieces = wave[: count * size].reshape(count, size)
        return np.concatenate([pieces[rng.permutation(count)].ravel(), wave[count * size :]])

    return mix


def loop(seconds: float) -> Damage:
    """Its beginning over and over."""

    def repeat(wave: Wave, rate_hz: int, rng: np.random.Generator) -> Wave:  # noqa: ARG001
        return np.resize(wave[: round(seconds * rate_hz)], len(wave))

    return repeat


def silence(wave: Wave, rate_hz: int, rng: np.random.Generator) -> Wave:  # noqa: ARG001
    """Nothing."""
    return np.zeros_like(wave)


def stretch(factor: float) -> Damage:
    """As high, and `factor` times as long: a phase vocoder (Flanagan & Golden 1966)."""

    def pull(wave: Wave, rate_hz: int, rng: np.random.Generator) -> Wave:  # noqa: ARG001
        return stretched(wave, factor)

    return pull


def transpose(semitones: float) -> Damage:
    """As long, and higher."""

    def raise_(wave: Wave, rate_hz: int, rng: np.random.Generator) -> Wave:  # noqa: ARG001
        ratio = 2 ** (semitones / 12)
        longer = stretched(wave, ratio)
        return soxr.resample(longer, round(100_000 * ratio), 100_000).astype(np.float32)

    return raise_


def stretched(wave: Wave, factor: float) -> Wave:
    """Samples `factor` times as many, [round(factor * S)], of the same pitches.

    scipy's transform has the inverse that this needs and `audio/stft.py` has not.
    """
    hop = STRETCH_SAMPLES // 4
    window = scipy.signal.get_window("hann", STRETCH_SAMPLES)
    transform = scipy.signal.ShortTimeFFT(window, hop, 1.0)
    found = transform.stft(wave.astype(np.float64))
    places = np.arange(0, found.shape[1] - 1, 1 / factor)
    before = places.astype(int)
    share = places - before
    size = np.abs(found)
    sizes = size[:, before] * (1 - share) + size[:, before + 1] * share
    # Each column's phase goes on from the one before by as much as it does in the original.
    turns = np.angle(found[:, before + 1] * np.conj(found[:, before]))
    phases = np.angle(found[:, :1]) + np.cumsum(turns, axis=1) - turns
    spectra: NDArray[np.complex128] = (sizes * np.exp(1j * phases)).astype(np.complex128)
    made = transform.istft(spectra)
    length = round(factor * len(wave))
    return np.resize(np.pad(made, (0, max(length - len(made), 0))), length).astype(np.float32)
