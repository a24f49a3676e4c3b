"""The tempo of a recording as it goes along, from how its onsets correlate with later ones.

Source: D. P. W. Ellis, "Beat tracking by dynamic programming", Journal of New Music Research
36(1), 2007, for the prior; the path through local tempi is a Viterbi search.
Letters: C columns of onset strength, K windows, L lags, N tempi.
"""

import math

import numpy as np
from numpy.typing import NDArray

from reverie.audio.stft import frames_of

PRIOR_BPM, PRIOR_OCTAVES = 120.0, 1.0
GIVEN_OCTAVES = 0.1
"""How far the tempo may drift from one that a person gave, as a standard deviation."""
SLOWEST_BPM, FASTEST_BPM = 30.0, 300.0
STEPS_PER_OCTAVE = 36
WINDOW_SECONDS, STEP_SECONDS = 8.0, 1.0
LEAST_CORRELATION = 0.01
DRIFT_COST = 40.0
"""What a change of tempo costs, per octave, in log correlation."""
_WINDOWS_AT_ONCE = 256


def beat_periods(
    strength: NDArray[np.float32], columns_per_second: float, bpm: float | None = None
) -> NDArray[np.float64]:
    """Return the period of the beat around each column, in columns, [C].

    Args:
        strength: onset strength [C].
        columns_per_second: columns of `strength` a second.
        bpm: the tempo it is near, beats a minute; None prefers tempi around 120.
    """
    octaves = math.log2(FASTEST_BPM / SLOWEST_BPM)
    tempi = SLOWEST_BPM * 2 ** np.linspace(0, octaves, round(octaves * STEPS_PER_OCTAVE) + 1)
    centre, spread = (PRIOR_BPM, PRIOR_OCTAVES) if bpm is None else (bpm, GIVEN_OCTAVES)
    prior = -0.5 * (np.log2(tempi / centre) / spread) ** 2
    window = min(round(WINDOW_SECONDS * columns_per_second), len(strength))
    lags = 60 * columns_per_second / tempi
    step = round(STEP_SECONDS * columns_per_second)
    correlation = _tempogram(strength, window, step, lags)
    local = np.log(np.maximum(correlation, LEAST_CORRELATION))
    path = _viterbi(local + prior, DRIFT_COST * np.abs(np.log2(tempi[:, None] / tempi)))
    starts = np.arange(len(path)) * step + window / 2
    return np.exp(np.interp(np.arange(len(strength)), starts, np.log(lags[path])))


def _tempogram(
    strength: NDArray[np.float32], window: int, step: int, lags: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Correlate windows of onset strength [C] with themselves, `lags` [N] later: [K, N]."""
    frames = frames_of(strength, window, step)
    taper = np.hanning(window + 2)[1:-1]
    size = 1 << (2 * window - 1).bit_length()
    share = np.fft.irfft(np.abs(np.fft.rfft(taper, size)) ** 2, size)[:window]
    share /= share[0]
    rows: list[NDArray[np.float64]] = []
    for first in range(0, len(frames), _WINDOWS_AT_ONCE):
        piece = frames[first : first + _WINDOWS_AT_ONCE].astype(np.float64)
        piece = (piece - piece.mean(axis=1, keepdims=True)) * taper
        power = np.abs(np.fft.rfft(piece, size, axis=1)) ** 2
        products = np.fft.irfft(power, size, axis=1)[:, :window]
        products /= np.maximum(products[:, :1], 1e-12) * np.maximum(share, 0.1)
        below = np.minimum(lags.astype(int), window - 2)
        part = np.minimum(lags - below, 1)
        rows.append(products[:, below] * (1 - part) + products[:, below + 1] * part)
    return np.concatenate(rows)


def _viterbi(score: NDArray[np.float64], cost: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the path of states [K] with the greatest score [K, N] less costs [N, N]."""
    links = np.zeros(score.shape, np.int64)
    total = score[0]
    for k in range(1, len(score)):
        arrived = total - cost
        links[k] = arrived.argmax(axis=1)
        total = arrived.max(axis=1) + score[k]
    path = np.zeros(len(score), np.int64)
    path[-1] = total.argmax()
    for k in range(len(score) - 1, 0, -1):
        path[k - 1] = links[k, path[k]]
    return path
