"""The beats of a corpus's recordings, tracked when they are first asked for.

Letters: T times.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reverie.audio.beats import Beats, track_beats
from reverie.corpus.corpus import Corpus, Recording

LEAST_CONFIDENCE = 0.15
"""Where the tracker is less confident, the model is told no beat."""

MOST_TRACKED = 10_000
"""Recordings whose beats are kept, about ten kilobytes each."""


@dataclass
class RecordingBeats:
    """Beats by recording; an hour of recordings takes three seconds."""

    corpus: Corpus
    _tracked: dict[str, Beats] = field(default_factory=dict[str, Beats])

    def grid(
        self, recording: Recording, seconds: NDArray[np.float64], speed: float = 1.0
    ) -> NDArray[np.float64]:
        """Where among the beats of a recording times lie.

        Args:
            recording: of the corpus.
            seconds: [T], from its beginning.
            speed: at which it is played.

        Returns:
            [T, 2], see `beat_grid`.
        """
        if recording.path not in self._tracked:
            if len(self._tracked) >= MOST_TRACKED:
                self._tracked.clear()
            wave = self.corpus.mono(recording)
            self._tracked[recording.path] = track_beats(wave, self.corpus.rate_hz)
        grid = beat_grid(self._tracked[recording.path], seconds)
        grid[:, 1] /= speed
        return grid


def beat_grid(beats: Beats, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where among beats times lie, as models are told.

    Args:
        beats: of a recording.
        seconds: [T], from its beginning.

    Returns:
        [T, 2]: the position among the beats, modulo 2; and the seconds of the beat there, 0 where
        there is no beat.
    """
    position, period = beats.phase(seconds), beats.period(seconds)
    index = np.clip(position.astype(np.int64), 0, len(beats.times) - 1)
    is_sure = beats.local_confidence[index] >= LEAST_CONFIDENCE
    return np.stack([position % 2, np.where(is_sure, period, 0.0)], axis=-1)
