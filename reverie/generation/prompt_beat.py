"""The beat of a prompt, which generated music continues.

A few seconds are too short to tell a beat by: what lies around the prompt is listened to as well.
Letters: S samples, N frames.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from torch import Tensor

from reverie.audio.beats import track_beats
from reverie.frames.contract import FrameSpec
from reverie.training.beats import beat_grid

MOST_SECONDS, LEAST_SECONDS = 30.0, 12.0
"""Around a prompt."""
TEMPO_SECONDS = 2.0
"""The tempo that goes on is the median over so long at the end of the prompt."""

TRACKER_DEVIATION = 0.015
"""What the tracker itself adds to the logarithm of a beat's length."""
NEIGHBOURS = 4
"""Beats on either side whose median length is the tempo that a beat deviates from."""


class PromptBeat(NamedTuple):
    """The beat of a prompt."""

    grid: Tensor
    """[N + 1, 2], of its frames and of the one after them, see `models/beat.py`."""
    rubato: float
    """Standard deviation of the logarithm of a beat's length."""


def around(start: int, length: int, rate_hz: int) -> tuple[int, int]:
    """Where to listen for the beat of a prompt: up to its end, and on where that is too short.

    Args:
        start: of the prompt, in samples of its recording.
        length: of the prompt, in samples.
        rate_hz: samples per second.

    Returns:
        the first sample, and the one after the last, which may lie beyond the recording.
    """
    end = start + length
    first = max(0, end - max(length, round(MOST_SECONDS * rate_hz)))
    return first, max(end, first + round(LEAST_SECONDS * rate_hz))


def prompt_beat(
    samples: NDArray[np.float32] | NDArray[np.int16],
    start: int,
    frames: int,
    spec: FrameSpec,
    rate_hz: int,
) -> PromptBeat:
    """Track the beat of a prompt.

    Args:
        samples: [S], those `around` it.
        start: of the prompt, among them.
        frames: of the prompt, N.
        spec: of the frames.
        rate_hz: samples per second.
    """
    beats = track_beats(samples, rate_hz)
    middle = start + spec.centre_samples(np.arange(frames + 1))
    grid = beat_grid(beats, middle / rate_hz)
    if grid[-1, 1]:
        end = float(middle[-1]) / rate_hz
        recent = beats.period(end - TEMPO_SECONDS * np.arange(9) / 8)
        grid[-1, 1] = np.median(recent)
    lengths = np.log(np.diff(beats.times))
    padded = np.pad(lengths, NEIGHBOURS, mode="edge")
    tempo = np.median(sliding_window_view(padded, 2 * NEIGHBOURS + 1), axis=-1)
    # The median, not the mean: one beat that was missed is no rubato.
    deviation = 1.4826 * float(np.median(np.abs(lengths - tempo)))
    rubato = max(deviation**2 - TRACKER_DEVIATION**2, 0.0) ** 0.5
    return PromptBeat(torch.as_tensor(grid, dtype=torch.float32), rubato)
