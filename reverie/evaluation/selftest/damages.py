"""Damage or disguise music, for the self-tests of the measures.

Each function takes and returns float samples [S]; those that stretch change their number.
`scipy.signal` is loaded where it is used: that takes half a second, and evaluations do without it.
"""

from collections.abc import Callable

import numpy as np
import soxr
from numpy.typing import NDArray

Wave = NDArray[np.float32]
Damage = Callable[[Wave, int, np.random.Generator], Wave]
"""A function of samples [S], their rate in Hz and a random generator."""

STRETCH_SAMPLES = 1024


def noise(snr_db: float) -> Damage:
    """Add white noise at a signal-to-noise ratio in dB."""

    def add(wave: Wave, rate_hz: int, rng: np.random.Generator) -> Wave:  # noqa: ARG001
        rms = float(np.sqrt(np.mean(wave**2))) * 10 ** (-snr_db / 20)
        return (wave + rms * rng.standard_normal(len(wave))).astype(np.float32)

    return add


def low_pass(highest_hz: float) -> Damage:
    """Remove everything above `highest_hz`; change nothing if the rate is too low for it."""

    def cut(wave: Wave, rate_hz: int, rng: np.random.Generator) -> Wave:  # noqa: ARG001
        if highest_hz >= rate_hz / 2:
            return wave
        from scipy import signal  # noqa: PLC0415 - see above

        sections = signal.butter(8, highest_hz, fs=rate_hz, output="sos")
        return signal.sosfiltfilt(sections, wave).astype(np.float32)

    return cut


def mu_law(wave: Wave, rate_hz: int, rng: np.random.Generator) -> Wave:  # noqa: ARG001
    """Quantise to 8 bits with the companding curve of ITU G.711."""
    held = np.clip(wave, -1, 1)
    folded = np.sign(held) * np.log1p(255 * np.abs(held)) / np.log(256)
    coarse = np.rint(folded * 127) / 127
    return (np.sign(coarse) * (256 ** np.abs(coarse) - 1) / 255).astype(np.float32)


def shuffle(piece_seconds: float) -> Damage:
    """Cut the clip into pieces and shuffle them."""

    def mix(wave: Wave, rate_hz: int, rng: np.random.Generator) -> Wave:
        size = round(piece_seconds * rate_hz)
        count = len(wave) // size
        pieces = wave[: count * size].reshape(count, size)
        return np.concatenate([pieces[rng.permutation(count)].ravel(), wave[count * size :]])

    return mix


def loop(seconds: float) -> Damage:
    """Repeat the clip's beginning for its whole length."""

    def repeat(wave: Wave, rate_hz: int, rng: np.random.Generator) -> Wave:  # noqa: ARG001
        return np.resize(wave[: round(seconds * rate_hz)], len(wave))

    return repeat


def silence(wave: Wave, rate_hz: int, rng: np.random.Generator) -> Wave:  # noqa: ARG001
    """Replace the clip by silence."""
    return np.zeros_like(wave)


def stretch(factor: float) -> Damage:
    """Stretch the clip to `factor` times its length at the same pitch.

    Source: the phase vocoder, Flanagan & Golden 1966.
    """

    def pull(wave: Wave, rate_hz: int, rng: np.random.Generator) -> Wave:  # noqa: ARG001
        return stretched(wave, factor)

    return pull


def transpose(semitones: float) -> Damage:
    """Raise the clip's pitch at the same length."""

    def raise_(wave: Wave, rate_hz: int, rng: np.random.Generator) -> Wave:  # noqa: ARG001
        ratio = 2 ** (semitones / 12)
        longer = stretched(wave, ratio)
        return soxr.resample(longer, round(100_000 * ratio), 100_000).astype(np.float32)

    return raise_


def stretched(wave: Wave, factor: float) -> Wave:
    """Return samples [round(factor * S)] of the same pitches, `factor` times as long."""
    hop = STRETCH_SAMPLES // 4
    from scipy import signal  # noqa: PLC0415 - see above

    window = signal.get_window("hann", STRETCH_SAMPLES)
    transform = signal.ShortTimeFFT(window, hop, 1.0)
    spectra = transform.stft(wave.astype(np.float64))
    places = np.arange(0, spectra.shape[1] - 1, 1 / factor)
    before = places.astype(int)
    share = places - before
    size = np.abs(spectra)
    sizes = size[:, before] * (1 - share) + size[:, before + 1] * share
    # Each column's phase advances from the previous one by as much as in the original.
    turns = np.angle(spectra[:, before + 1] * np.conj(spectra[:, before]))
    phases = np.angle(spectra[:, :1]) + np.cumsum(turns, axis=1) - turns
    stretched_spectra: NDArray[np.complex128] = (sizes * np.exp(1j * phases)).astype(np.complex128)
    result = transform.istft(stretched_spectra)
    length = round(factor * len(wave))
    return np.resize(np.pad(result, (0, max(length - len(result), 0))), length).astype(np.float32)
