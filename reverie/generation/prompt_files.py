"""Prompts from audio files of one's own, decoded in pieces: only the prompt itself is kept.

Letters: C channels, S samples, K frames that one step sees.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from reverie.audio.channels import concatenated, mixed
from reverie.audio.reading.decode import best_reading, cut, decode
from reverie.audio.reading.source import Reading, Unreadable
from reverie.errors import ReverieError
from reverie.frames.contract import FrameSpec
from reverie.generation.prompt_beat import around
from reverie.generation.silence import Sounding
from reverie.generation.stretches import Levels
from reverie.progress import position

Result = TypeVar("Result")


@dataclass(frozen=True)
class FilePrompt:
    """A stretch of a file."""

    path: Path
    start: int
    """Its first sample."""
    samples: NDArray[np.float32]
    """[C, S]."""
    around_start: int
    """First sample of the stretch around it that was read."""
    around: NDArray[np.float32]
    """The mono mix of that stretch, [any]."""


def read_prompts(
    paths: Sequence[Path],
    spec: FrameSpec,
    rate_hz: int,
    *,
    most_frames: int,
    least_frames: int,
    at_seconds: float | None = None,
    surroundings: bool = False,
) -> list[FilePrompt]:
    """Read a prompt from each file; all are as long as the shortest of the files allows.

    Args:
        paths: of the files.
        spec: of the frames.
        rate_hz: samples per second.
        most_frames: a prompt is this long where the file is.
        least_frames: K; with fewer a model cannot begin.
        at_seconds: where prompts begin; None takes the loudest coherent stretch of each.
        surroundings: read also what lies around each prompt, by which its beat is told.

    Raises:
        ReverieError: a file is missing, cannot be decoded, is silent or too short.
    """
    files = {path: _File(path, spec, rate_hz, at_seconds) for path in dict.fromkeys(paths)}
    frames = min(most_frames, *(one.frames(most_frames) for one in files.values()))
    for one in files.values():
        one.require(least_frames)
    samples = spec.samples_for(frames)
    prompts = {path: one.prompt(samples, surroundings) for path, one in files.items()}
    return [prompts[path] for path in paths]


class _File:
    """A file that a prompt is taken from."""

    def __init__(self, path: Path, spec: FrameSpec, rate_hz: int, at_seconds: float | None) -> None:
        if not path.is_file():
            raise ReverieError(
                f"{path} is no file to take a prompt from.",
                "Give held-out, training, nothing or audio files as `prompt`.",
            )
        self.path, self._spec, self._rate_hz = path, spec, rate_hz
        self._start = None if at_seconds is None else round(at_seconds * rate_hz)
        self._reading: Reading = self._reads(lambda: best_reading(path, spec.channels))
        self._levels: Levels | None = None
        self._stretch = np.empty((spec.channels, 0), np.float32)
        self._available = 0

    def frames(self, most: int) -> int:
        """How many frames a prompt from it may have, `most` at most."""
        if self._start is None:
            levels = self._reads(lambda: Levels(self._rate_hz).add(map(mixed, self._pieces())))
            self._levels, self._available = levels, levels.sounding().end
            if not levels.samples:
                raise ReverieError(
                    f"{self.path} has no sample at {self._rate_hz} Hz.", "Give a longer file."
                )
            if not self._available:
                raise ReverieError(
                    f"{self.path} is silent: there is nothing to go on from.", "Give music."
                )
        else:
            self._stretch = self._read(self._start, self._spec.samples_for(most))
            self._available = self._stretch.shape[1]
        return (self._available - self._spec.overlap_samples) // self._spec.hop_samples

    def require(self, least: int) -> None:
        """Refuse a file that cannot give `least` frames, or gives silence at the place asked for.

        Raises:
            ReverieError: so it is.
        """
        spec, rate_hz = self._spec, self._rate_hz
        if self._start is not None:
            begin = f"{self.path} has {self._available / rate_hz:.2f} s from {self._clock}"
            rest, remedy = " on", "Choose an earlier `prompt_at_seconds`."
        else:
            assert self._levels is not None
            begin = f"{self.path} has {self._available / rate_hz:.2f} s"
            is_cut = self._available < self._levels.samples
            rest, remedy = " before the silence at its end" if is_cut else "", "Give a longer file."
        if (self._available - spec.overlap_samples) // spec.hop_samples < least:
            needed = spec.samples_for(least) / rate_hz
            raise ReverieError(f"{begin}{rest}, and a prompt needs {needed:.2f} s.", remedy)
        if self._start is not None and not Sounding.of(mixed(self._stretch), rate_hz).end:
            raise ReverieError(
                f"{self.path} is silent at {self._clock}: there is nothing to go on from.",
                "Choose another `prompt_at_seconds`.",
            )

    def prompt(self, length_samples: int, surroundings: bool) -> FilePrompt:
        """The prompt, [C, S] of so many samples, read with its surroundings or alone."""
        start = self._start
        if start is None:
            assert self._levels is not None
            start = self._levels.loudest_stretch(length_samples)
            # Its end sounds, so that one stretch at least ends with sound.
            start = self._available - length_samples if start is None else start
        if self._stretch.shape[1] and not surroundings:
            samples = _turned_down(self._stretch[:, :length_samples])
            return FilePrompt(self.path, start, samples, start, mixed(samples))
        first, end = start, start + length_samples
        if surroundings:
            first, end = around(start, length_samples, self._rate_hz)
        heard = _turned_down(self._read(first, end - first))
        samples = heard[:, start - first :][:, :length_samples].copy()
        return FilePrompt(self.path, start, samples, first, mixed(heard))

    @property
    def _clock(self) -> str:
        return position((self._start or 0) / self._rate_hz)

    def _pieces(self) -> Iterator[NDArray[np.float32]]:
        return decode(self.path, self._rate_hz, self._spec.channels, self._reading)

    def _read(self, start: int, count: int) -> NDArray[np.float32]:
        """So many samples from `start` on, or as there are, [C, any]; no more is decoded."""
        pieces = self._reads(lambda: cut(self._pieces(), start, count))
        return concatenated(pieces, self._spec.channels)

    def _reads(self, work: Callable[[], Result]) -> Result:
        try:
            return work()
        except Unreadable as error:
            raise ReverieError(
                f"{self.path} cannot be used: {error}.", "Give a recording that plays elsewhere."
            ) from error


def _turned_down(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return [C, S] within full scale, as a corpus holds music: floats may go beyond it."""
    return samples / max(1.0, float(np.abs(samples).max(initial=0.0)))
