"""Transcribe a clip with basic-pitch, and summarise its notes.

Bittner et al. 2022. The ONNX model is read from the `basic-pitch` package, whose code is not run:
https://github.com/spotify/basic-pitch, Apache 2.0. It handles many instruments and is exact for
none, but makes the same errors on clips and on real music.
Letters: S samples, C columns, K keys of a piano.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

HOW_TO_GET = "pip install onnxruntime && pip install --no-deps basic-pitch==0.4.0"
RATE_HZ = 22050
HOP_SAMPLES = 256
WINDOW_SAMPLES = 2 * RATE_HZ - HOP_SAMPLES
MARGIN_COLUMNS = 15
"""Number of the model's output columns at each end of a window that are not used."""
KEYS = 88
LOWEST_MIDI = 21
ONSET = 0.5
SOUNDING = 0.3
SHORTEST_COLUMNS = 11
PATIENCE_COLUMNS = 11
"""A note ends once it has been inaudible for this long."""
CHORD_SECONDS = 0.05
WIDEST_INTERVAL = 12
SECONDS_PER_COLUMN = HOP_SAMPLES / RATE_HZ


@dataclass(frozen=True)
class Note:
    """One note; `midi` 60 is middle C."""

    midi: int
    start_seconds: float
    seconds: float


@dataclass(frozen=True)
class NoteFigures:
    """Statistics of the notes of a clip."""

    notes_per_second: float
    onsets_per_second: float
    """Notes struck together count once."""
    polyphony: float
    """Mean number of simultaneous notes while any sounds; 0 if none does."""
    pitch_classes: tuple[float, ...]
    """Duration in seconds of each of the 12 pitch classes, from C."""
    intervals: tuple[float, ...]
    """Counts of the highest note's 25 intervals, -12 to 12 semitones; wider ones count as 12."""


def model_path() -> Path | None:
    """Return the model's path in the installed `basic-pitch` package.

    None if the package or onnxruntime is not installed.
    """
    spec = find_spec("basic_pitch")
    if find_spec("onnxruntime") is None or spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "saved_models" / "icassp_2022" / "nmp.onnx"
    return path if path.is_file() else None


class Transcriber:
    """Transcribe clips into notes.

    Args:
        path: of the model.
    """

    def __init__(self, path: Path) -> None:
        # The package is optional, so it is not type-checked.
        import onnxruntime  # noqa: PLC0415  # pyright: ignore

        runtime: Any = onnxruntime
        self._session: Any = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def notes(self, wave: NDArray[np.float32], rate_hz: int) -> list[Note]:
        """Return the notes of samples [S], sorted by start."""
        resampled = soxr.resample(wave, rate_hz, RATE_HZ).astype(np.float32)
        sounding, onsets = self._posteriors(resampled)
        return decode_notes(sounding, onsets)

    def _posteriors(self, wave: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Return the probabilities that each key sounds and that it is struck: [C, K] each."""
        margin = MARGIN_COLUMNS * HOP_SAMPLES
        step = WINDOW_SAMPLES - 2 * margin
        count = max(-(-len(wave) // step), 1)
        padded = np.zeros(count * step + 2 * margin, np.float32)
        padded[margin : margin + len(wave)] = wave
        windows = np.stack([padded[at * step : at * step + WINDOW_SAMPLES] for at in range(count)])
        names = ["StatefulPartitionedCall:1", "StatefulPartitionedCall:2"]
        found = self._session.run(names, {self._input: windows[:, :, None]})
        columns = len(wave) // HOP_SAMPLES
        inner = slice(MARGIN_COLUMNS, -MARGIN_COLUMNS)
        return tuple(one[:, inner].reshape(-1, KEYS)[:columns] for one in found)


def decode_notes(sounding: NDArray[np.float32], onsets: NDArray[np.float32]) -> list[Note]:
    """Decode notes from the probabilities that each key sounds and that it is struck: [C, K] each.

    A note begins at a peak of its key's onsets, and lasts until the key is silent or is struck
    again.
    """
    notes: list[Note] = []
    columns = len(onsets)
    before = np.vstack([np.zeros((1, KEYS), onsets.dtype), onsets[:-1]])
    after = np.vstack([onsets[1:], np.zeros((1, KEYS), onsets.dtype)])
    struck = (onsets >= ONSET) & (onsets > before) & (onsets >= after)
    for key in range(KEYS):
        starts = np.flatnonzero(struck[:, key]).tolist()
        for start, following in pairwise([*starts, columns]):
            audible = np.flatnonzero(sounding[start:following, key] >= SOUNDING)
            if not len(audible):
                continue
            breaks = np.flatnonzero(np.diff(audible) > PATIENCE_COLUMNS)
            last = int(audible[breaks[0]] if len(breaks) else audible[-1])
            if last + 1 >= SHORTEST_COLUMNS:
                begin, length = start * SECONDS_PER_COLUMN, (last + 1) * SECONDS_PER_COLUMN
                notes.append(Note(LOWEST_MIDI + key, begin, length))
    return sorted(notes, key=lambda note: (note.start_seconds, note.midi))


def note_figures(notes: Sequence[Note], seconds: float) -> NoteFigures:
    """Summarise the `notes` of a clip of `seconds`."""
    classes, intervals = np.zeros(12), np.zeros(2 * WIDEST_INTERVAL + 1)
    tops: list[int] = []
    chord_start = -1.0
    sounding = np.zeros(max(int(seconds / SECONDS_PER_COLUMN), 1))
    for note in notes:
        classes[note.midi % 12] += note.seconds
        begin = int(note.start_seconds / SECONDS_PER_COLUMN)
        sounding[begin : begin + round(note.seconds / SECONDS_PER_COLUMN)] += 1
        if note.start_seconds - chord_start > CHORD_SECONDS:
            chord_start = note.start_seconds
            tops.append(note.midi)
        else:
            tops[-1] = max(tops[-1], note.midi)
    for step in np.clip(np.diff(tops), -WIDEST_INTERVAL, WIDEST_INTERVAL):
        intervals[int(step) + WIDEST_INTERVAL] += 1
    return NoteFigures(
        notes_per_second=len(notes) / seconds,
        onsets_per_second=len(tops) / seconds,
        polyphony=float(sounding[sounding > 0].mean()) if sounding.any() else 0.0,
        pitch_classes=tuple(classes.tolist()),
        intervals=tuple(intervals.tolist()),
    )


def histogram_distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the Jensen-Shannon distance of two histograms: 0 for the same shape, 1 if disjoint.

    The distance of an empty histogram from any other is 1.
    """
    if not a.sum() or not b.sum():
        return 0.0 if a.sum() == b.sum() else 1.0
    p, q = a / a.sum(), b / b.sum()
    middle = (p + q) / 2

    def divergence(histogram: NDArray[np.float64]) -> float:
        held = histogram > 0
        return float((histogram[held] * np.log2(histogram[held] / middle[held])).sum())

    return float(np.sqrt(max((divergence(p) + divergence(q)) / 2, 0.0)))
